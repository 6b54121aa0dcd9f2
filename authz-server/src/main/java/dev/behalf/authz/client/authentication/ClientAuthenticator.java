package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.network.Allowances;
import dev.behalf.authz.network.Network;
import dev.behalf.authz.network.TooManyRequests;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/// Tells which client sent a request, by the one way of authentication that the request uses, which must be the
/// one that the client registered for.
@Singleton
public final class ClientAuthenticator {

    private static final int MAX_ID = 500;
    private static final int FAILURES = 20;
    private static final Duration ONE_MORE_EVERY = Duration.ofSeconds(6);

    private final List<ClientAuthentication> ways;
    private final Clients clients;
    private final Allowances failures;

    ClientAuthenticator(List<ClientAuthentication> ways, Clients clients, Clock clock) {
        this.ways = List.copyOf(ways);
        this.clients = clients;
        this.failures = new Allowances(FAILURES, ONE_MORE_EVERY, clock);
    }

    /// The client. Fails with [OAuthError] `invalid_client` when its proof is not good, and `invalid_request`
    /// when it uses more than one way (RFC 6749 §2.3); with [TooManyRequests] when it has failed too often of
    /// late.
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

    /// `token_endpoint_auth_methods_supported`: `client_secret_basic` stands first, for clients that take the
    /// first.
    public List<String> methods() {
        return ways.stream().map(ClientAuthentication::method).toList();
    }

    private Mono<Client> authenticate(OAuthRequest request, ClientAuthentication way) {
        return Mono.justOrEmpty(way.claimedId(request).filter(id -> id.length() <= MAX_ID))
                .flatMap(id -> way.method().equals("none")
                        ? proved(request, way, id)
                        : Network.current()
                                .map(network -> id + " from " + network.name())
                                .defaultIfEmpty(id)
                                .flatMap(who -> bounded(who, proved(request, way, id))));
    }

    private Mono<Client> proved(OAuthRequest request, ClientAuthentication way, String id) {
        return clients.find(id)
                .filterWhen(client ->
                        way.isFor(client.metadata().authMethod()) ? way.proves(request, client) : Mono.just(false));
    }

    /// Whoever has failed too often is not heard for a while. That counts for one client and one network, so
    /// that nobody shuts a client out from elsewhere.
    private Mono<Client> bounded(String who, Mono<Client> proof) {
        failures.wait(who).ifPresent(wait -> {
            throw new TooManyRequests("client authentication failed too often", wait);
        });
        return proof.switchIfEmpty(Mono.fromRunnable(() -> {
            var _ = failures.take(who);
        }));
    }
}
