/// Finds out how to talk to an authorization server of which the issuer is known (RFC 8414, OpenID Connect
/// Discovery), or a resource that it protects (RFC 9728). Start reading at [Discovery].
@NullMarked
package dev.behalf.vault.discovery;

import org.jspecify.annotations.NullMarked;
