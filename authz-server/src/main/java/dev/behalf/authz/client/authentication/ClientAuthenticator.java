package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import jakarta.inject.Singleton;
import java.util.List;
import reactor.core.publisher.Mono;

/// Tells which client sent a request, by the one way of authentication that the request uses.
@Singleton
public final class ClientAuthenticator {

    private final List<ClientAuthentication> ways;

    ClientAuthenticator(List<ClientAuthentication> ways) {
        this.ways = List.copyOf(ways);
    }

    /// The client. Fails with [OAuthError] `invalid_client` when its proof is not good, and `invalid_request` when it
    /// uses more than one way (RFC 6749 §2.3).
    public Mono<Client> authenticate(OAuthRequest request) {
        return Mono.defer(() -> {
            var used = ways.stream().filter(way -> way.isUsedBy(request)).toList();
            if (used.size() > 1) {
                throw OAuthError.of("invalid_request", "more than one way of client authentication");
            }
            return (used.isEmpty() ? Mono.<Client>empty() : used.getFirst().authenticate(request))
                    .switchIfEmpty(Mono.error(OAuthError::invalidClient));
        });
    }

    /// `token_endpoint_auth_methods_supported`: `client_secret_basic` stands first, for clients that take the first.
    public List<String> methods() {
        return ways.stream().map(ClientAuthentication::method).toList();
    }
}
