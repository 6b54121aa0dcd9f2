package dev.behalf.vault.provider;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The providers that the operator has set up, from the file and from the API. Nothing is remembered between
/// calls: what one replica changes, the others see with their next call.
public interface Catalogue {

    /// Nothing when there is none of that name.
    Mono<Provider> find(ProviderId id);

    /// By its name or its issuer (RFC 8414), as clients of the source name it; nothing when there is none.
    Mono<Provider> resolve(String nameOrIssuer);

    /// All, by name.
    Flux<Provider> all();
}
