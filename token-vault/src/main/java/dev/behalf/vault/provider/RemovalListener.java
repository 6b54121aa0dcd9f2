package dev.behalf.vault.provider;

import io.r2dbc.spi.Connection;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// Hears of a provider that an operator takes away, in the transaction that does it.
public interface RemovalListener {

    /// @param instance of the provider; no other ever has it
    Mono<Void> removed(Connection transaction, UUID instance);
}
