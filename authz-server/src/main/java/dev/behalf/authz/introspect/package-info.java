/// Token introspection (RFC 7662).
@NullMarked
package dev.behalf.authz.introspect;

import org.jspecify.annotations.NullMarked;
