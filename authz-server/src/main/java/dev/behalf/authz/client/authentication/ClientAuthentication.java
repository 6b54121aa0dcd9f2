package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import reactor.core.publisher.Mono;

/// One way in which a client proves who it is (RFC 6749 §2.3).
interface ClientAuthentication {

    /// Its name in `token_endpoint_auth_methods_supported`.
    String method();

    /// Whether the request uses this way.
    boolean isUsedBy(OAuthRequest request);

    /// The client, or nothing when the proof is not good.
    Mono<Client> authenticate(OAuthRequest request);
}
