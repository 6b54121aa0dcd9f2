/// What can be asked for, and where: the scopes in people's words ([ScopeCatalogue]) and the resources that
/// tokens can be restricted to ([Resources], RFC 8707).
@NullMarked
package dev.behalf.authz.scope;

import org.jspecify.annotations.NullMarked;
