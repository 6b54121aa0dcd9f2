package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// One way in which a client proves who it is (RFC 6749 §2.3).
interface ClientAuthentication {

    /// Its name in `token_endpoint_auth_methods_supported`.
    String method();

    /// Whether the request uses this way.
    boolean isUsedBy(OAuthRequest request);

    /// Who the client says that it is, or nothing when it says so in a way that cannot be read.
    Optional<String> claimedId(OAuthRequest request);

    /// Whether a client that registered for that method may use this way.
    default boolean isFor(String registeredMethod) {
        return registeredMethod.equals(method());
    }

    /// Whether the request proves that the client sent it.
    Mono<Boolean> proves(OAuthRequest request, Client client);
}
