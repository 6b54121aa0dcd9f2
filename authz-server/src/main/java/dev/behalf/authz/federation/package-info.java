/// Signing in through a registered identity provider (OpenID Connect Core §3.1). Start reading at
/// [FederationController]. Nothing outside touches the tables of links and of sign-ins under way.
@NullMarked
package dev.behalf.authz.federation;

import org.jspecify.annotations.NullMarked;
