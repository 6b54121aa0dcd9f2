package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import jakarta.inject.Singleton;
import java.util.List;
import reactor.core.publisher.Mono;

/// Tells which client sent a request, by the one way of authentication that the request uses, which must be the one
/// that the client registered for.
@Singleton
public final class ClientAuthenticator {

    private final List<ClientAuthentication> ways;
    private final Clients clients;

    ClientAuthenticator(List<ClientAuthentication> ways, Clients clients) {
        this.ways = List.copyOf(ways);
        this.clients = clients;
    }

    /// The client. Fails with [OAuthError] `invalid_client` when its proof is not good, and `invalid_request` when it
    /// uses more than one way (RFC 6749 §2.3).
    public Mono<Client> authenticate(OAuthRequest request) {
        return Mono.defer(() -> {
            var used = ways.stream().filter(way -> way.isUsedBy(request)).toList();
            if (used.size() > 1) {
                throw OAuthError.of("invalid_request", "more than one way of client authentication");
            }
            return (used.isEmpty() ? Mono.<Client>empty() : authenticate(request, used.getFirst()))
                    .switchIfEmpty(Mono.error(OAuthError::invalidClient));
        });
    }

    /// `token_endpoint_auth_methods_supported`: `client_secret_basic` stands first, for clients that take the first.
    public List<String> methods() {
        return ways.stream().map(ClientAuthentication::method).toList();
    }

    private Mono<Client> authenticate(OAuthRequest request, ClientAuthentication way) {
        return Mono.justOrEmpty(way.claimedId(request))
                .flatMap(clients::find)
                .filterWhen(client ->
                        way.isFor(client.metadata().authMethod()) ? way.proves(request, client) : Mono.just(false));
    }
}
