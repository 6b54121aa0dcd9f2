package dev.behalf.vault.removal;

import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.provider.Removals;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// Begins the end of providers, and tells how far it is. The work is done by [RemovalWorker].
@Singleton
final class ProviderRemovals implements Removals {

    private final RemovalTable table;
    private final RemovalWorker worker;
    private final Connections connections;

    ProviderRemovals(RemovalTable table, RemovalWorker worker, Connections connections) {
        this.table = table;
        this.worker = worker;
        this.connections = connections;
    }

    @Override
    public Mono<Long> begin(Connection transaction, ProviderId id, UUID instance, String by) {
        return connections
                .countOfProvider(transaction, instance)
                .flatMap(count -> count == 0
                        ? Mono.just(count)
                        : table.begin(transaction, instance, id.name(), count, by)
                                .thenReturn(count));
    }

    @Override
    public void begun() {
        worker.wake();
    }

    @Override
    public Mono<Map<String, Object>> progress(UUID instance) {
        return table.find(instance)
                .flatMap(removal -> connections.countOfProvider(instance).map(removal::toJson));
    }
}
