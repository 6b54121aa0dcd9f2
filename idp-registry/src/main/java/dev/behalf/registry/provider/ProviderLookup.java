package dev.behalf.registry.provider;

import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Finds a provider for other features.
@Singleton
public final class ProviderLookup {

    private final ProviderTable table;

    ProviderLookup(ProviderTable table) {
        this.table = table;
    }

    /// The provider; fails with [ProviderNotFound] when there is none.
    public Mono<StoredProvider> find(ProviderKey key) {
        return table.find(key).switchIfEmpty(Mono.error(() -> ProviderNotFound.named(key.name())));
    }
}
