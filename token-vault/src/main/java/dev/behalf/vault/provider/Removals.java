package dev.behalf.vault.provider;

import io.r2dbc.spi.Connection;
import java.util.Map;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// Ends what hangs on a provider that an operator takes away, before it is gone.
public interface Removals {

    /// In the transaction that takes it away. Emits how many connections are to be ended first; with none it
    /// can go at once.
    ///
    /// @param instance of the provider; no other ever has it
    Mono<Long> begin(Connection transaction, ProviderId id, UUID instance, String by);

    /// What was begun is committed.
    void begun();

    /// How far it is, for an operator; nothing when nothing of the kind goes on.
    Mono<Map<String, Object>> progress(UUID instance);
}
