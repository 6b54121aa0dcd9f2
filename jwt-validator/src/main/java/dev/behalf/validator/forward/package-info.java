/// Answers for people who keep their own proxy: nginx `auth_request`, Traefik and Caddy forward-auth, Envoy's HTTP
/// external authorization. Start reading at [ForwardAuthController].
@NullMarked
package dev.behalf.validator.forward;

import org.jspecify.annotations.NullMarked;
