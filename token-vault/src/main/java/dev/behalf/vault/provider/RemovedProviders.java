package dev.behalf.vault.provider;

import dev.behalf.kernel.database.Database;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import io.micronaut.context.BeanProvider;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Providers that an operator has taken away, as long as tokens of theirs are to be ended: they are as they
/// were, with the client's secret, and in no catalogue.
@Singleton
public final class RemovedProviders {

    private static final Logger log = LoggerFactory.getLogger(RemovedProviders.class);

    private final Database database;
    private final ProviderTable table;
    private final ConfiguredProviders configured;
    private final SealedSecrets secrets;
    private final BeanProvider<RegisteredClients> clients;

    RemovedProviders(
            Database database,
            ProviderTable table,
            ConfiguredProviders configured,
            SealedSecrets secrets,
            BeanProvider<RegisteredClients> clients) {
        this.database = database;
        this.table = table;
        this.configured = configured;
        this.secrets = secrets;
        this.clients = clients;
    }

    /// Nothing when there is none, or when its definition is not as this release wants it.
    public Mono<Provider> find(UUID instance) {
        return table.findRemoved(instance)
                .flatMap(row -> configured.withClient(row).onErrorResume(InvalidProvider.class, fault -> {
                    log.warn("Tokens of {} cannot be ended there: {}", row.id(), fault.getMessage());
                    return Mono.empty();
                }));
    }

    /// Removes it for good, with its secret and the client that was registered for it alone. Emits whether it
    /// was there and may go. It may be called again when it fails.
    ///
    /// @param mayGo says in the transaction whether nothing hangs on it any more
    public Mono<Boolean> drop(UUID instance, Function<Connection, Mono<Boolean>> mayGo) {
        return table.findRemoved(instance)
                .flatMap(row -> released(row)
                        .then(database.transaction(connection ->
                                mayGo.apply(connection).filter(may -> may).flatMap(_ -> drop(connection, row.id())))))
                .defaultIfEmpty(false);
    }

    Mono<Boolean> drop(Connection connection, ProviderId id) {
        return secrets.shredOwner(connection, SecretLabel.TENANT, ConfiguredProviders.owner(id))
                .then(table.remove(connection, id));
    }

    private Mono<Void> released(ProviderTable.Row row) {
        var registration = row.registration();
        return registration == null
                ? Mono.empty()
                : table.ofRegistration(registration)
                        .filter(users -> users <= 1)
                        .flatMap(_ -> clients.get().release(registration));
    }
}
