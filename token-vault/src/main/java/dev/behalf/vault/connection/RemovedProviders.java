package dev.behalf.vault.connection;

import dev.behalf.vault.provider.RemovalListener;
import jakarta.inject.Singleton;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// The connections of a provider that is taken away stay, for their users to see and to end, and are of no use.
@Singleton
final class RemovedProviders implements RemovalListener {

    private static final String REMOVED = "provider_removed";

    private final ConnectionTable table;

    RemovedProviders(ConnectionTable table) {
        this.table = table;
    }

    @Override
    public Mono<Void> removed(io.r2dbc.spi.Connection transaction, UUID instance) {
        return table.obstructed(transaction, instance, REMOVED).then();
    }
}
