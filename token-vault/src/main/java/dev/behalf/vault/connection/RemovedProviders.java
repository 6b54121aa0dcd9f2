package dev.behalf.vault.connection;

import dev.behalf.vault.event.ConnectionEvent.Kind;
import dev.behalf.vault.event.ConnectionEvents;
import dev.behalf.vault.provider.RemovalListener;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// The connections of a provider that is taken away stay, for their users to see and to end, and are of no use.
@Singleton
final class RemovedProviders implements RemovalListener {

    private static final String REMOVED = "provider_removed";

    /// So many are told of in one statement.
    private static final int BATCH = 500;

    private final ConnectionTable table;
    private final ConnectionEvents events;
    private final Clock clock;

    RemovedProviders(ConnectionTable table, ConnectionEvents events, Clock clock) {
        this.table = table;
        this.events = events;
        this.clock = clock;
    }

    @Override
    public Mono<Void> removed(io.r2dbc.spi.Connection transaction, UUID instance) {
        return table.obstructed(transaction, instance, REMOVED)
                .map(connection -> connection.event(Kind.NEEDS_RECONNECT, clock.instant()))
                .collectList()
                .flatMapIterable(all -> all)
                .buffer(BATCH)
                .concatMap(some -> events.tell(transaction, some))
                .then();
    }
}
