package dev.behalf.vault.provider;

import io.r2dbc.spi.Connection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The providers that the operator has set up, from the file and from the API. Nothing is remembered between
/// calls: what one replica changes, the others see with their next call.
public interface Catalogue {

    /// Nothing when there is none of that name.
    Mono<Provider> find(ProviderId id);

    /// By its name, its issuer (RFC 8414) or the resource that it is for (RFC 8707); nothing when there is
    /// none.
    Mono<Provider> resolve(String nameOrUrl);

    /// The provider with a client that users can be sent to it with. One that this vault has registered is
    /// registered anew first, if its secret has expired; that fails with 503 when it cannot be done now.
    Mono<OAuthProvider> withCurrentClient(OAuthProvider provider);

    /// Keeps it from being taken away until the transaction ends. Emits false when it has been.
    Mono<Boolean> hold(Connection transaction, Provider provider);

    /// All, by name.
    Flux<Provider> all();
}
