package dev.behalf.kernel.outbox;

import dev.behalf.kernel.database.Database;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// The `relay_lease` row: which replica publishes. By the database's clock, so that replicas need not agree on theirs.
@Singleton
@Requires(beans = Publication.class)
final class RelayLease {

    private final Database database;
    private final String owner = UUID.randomUUID().toString();

    RelayLease(Database database) {
        this.database = database;
    }

    /// Takes or renews the lease and emits its epoch, which is new whenever the owner is; nothing while another has it.
    Mono<Long> hold(Duration time) {
        return database.query(
                        "UPDATE relay_lease SET until = now() + $2 * interval '1 millisecond',"
                                + " epoch = CASE WHEN owner = $1 THEN epoch ELSE epoch + 1 END, owner = $1"
                                + " WHERE owner = $1 OR until < now() RETURNING epoch",
                        statement -> statement.bind(0, owner).bind(1, time.toMillis()),
                        row -> Objects.requireNonNull(row.get("epoch", Long.class)))
                .singleOrEmpty();
    }

    /// Gives the lease back, so that another replica need not wait for it to run out.
    Mono<Long> release() {
        return database.update(
                "UPDATE relay_lease SET until = '-infinity' WHERE owner = $1", statement -> statement.bind(0, owner));
    }
}
