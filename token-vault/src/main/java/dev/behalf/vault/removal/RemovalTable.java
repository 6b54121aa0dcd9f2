package dev.behalf.vault.removal;

import dev.behalf.kernel.database.Database;
import dev.behalf.vault.upstream.RevocationOutcome;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `provider_removal` table. Leases are measured by the database's clock, which all replicas share.
@Singleton
final class RemovalTable {

    private static final String COLUMNS =
            "instance, name, total, ended, revoked, not_supported, failed, obstacle, begun_by, begun_at";

    private final Database database;
    private final Clock clock;

    RemovalTable(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    Mono<Long> begin(Connection connection, UUID instance, String name, long total, String by) {
        return Database.update(
                connection,
                "INSERT INTO provider_removal (instance, name, total, begun_by, begun_at, lease_owner, lease_until)"
                        + " VALUES ($1, $2, $3, $4, $5, '', '-infinity')",
                statement -> statement
                        .bind(0, instance)
                        .bind(1, name)
                        .bind(2, total)
                        .bind(3, by)
                        .bind(4, clock.instant()));
    }

    Mono<Removal> find(UUID instance) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM provider_removal WHERE instance = $1",
                        statement -> statement.bind(0, instance),
                        RemovalTable::read)
                .singleOrEmpty();
    }

    /// All that are under way, the oldest first.
    Flux<UUID> underWay() {
        return database.query(
                "SELECT instance FROM provider_removal ORDER BY begun_at, instance",
                statement -> statement,
                row -> Objects.requireNonNull(row.get("instance", UUID.class)));
    }

    /// For this replica to work on; nothing when it is done or another replica has it.
    Mono<Removal> take(UUID instance, String owner, Duration lease) {
        return database.query(
                        "UPDATE provider_removal SET lease_owner = $2,"
                                + " lease_until = now() + $3 * interval '1 millisecond' WHERE instance = $1"
                                + " AND (lease_owner = $2 OR lease_until < now()) RETURNING " + COLUMNS,
                        statement -> statement.bind(0, instance).bind(1, owner).bind(2, lease.toMillis()),
                        RemovalTable::read)
                .singleOrEmpty();
    }

    /// One more has ended. Whoever has the lease keeps it.
    Mono<Long> ended(Connection connection, UUID instance, RevocationOutcome outcome, Duration lease) {
        return Database.update(
                connection,
                "UPDATE provider_removal SET obstacle = NULL, ended = ended + 1, revoked = revoked + $2,"
                        + " not_supported = not_supported + $3, failed = failed + $4,"
                        + " lease_until = greatest(lease_until, now() + $5 * interval '1 millisecond')"
                        + " WHERE instance = $1",
                statement -> statement
                        .bind(0, instance)
                        .bind(1, outcome instanceof RevocationOutcome.Revoked ? 1L : 0L)
                        .bind(2, outcome instanceof RevocationOutcome.NotSupported ? 1L : 0L)
                        .bind(3, outcome instanceof RevocationOutcome.Failed ? 1L : 0L)
                        .bind(4, lease.toMillis()));
    }

    /// Until the next one has ended.
    Mono<Long> obstacle(UUID instance, @Nullable String what) {
        return database.update(
                "UPDATE provider_removal SET obstacle = $2 WHERE instance = $1 AND obstacle IS DISTINCT FROM $2",
                statement -> statement.bind(0, instance).bind(1, Database.orNull(String.class, what)));
    }

    Mono<Boolean> remove(Connection connection, UUID instance) {
        return Database.update(
                        connection,
                        "DELETE FROM provider_removal WHERE instance = $1",
                        statement -> statement.bind(0, instance))
                .map(rows -> rows == 1);
    }

    /// Lets another replica go on at once.
    Mono<Long> giveBack(String owner) {
        return database.update(
                "UPDATE provider_removal SET lease_until = '-infinity' WHERE lease_owner = $1",
                statement -> statement.bind(0, owner));
    }

    private static Removal read(Readable row) {
        return new Removal(
                Objects.requireNonNull(row.get("instance", UUID.class)),
                Objects.requireNonNull(row.get("name", String.class)),
                number(row, "total"),
                number(row, "ended"),
                number(row, "revoked"),
                number(row, "not_supported"),
                number(row, "failed"),
                row.get("obstacle", String.class),
                Objects.requireNonNull(row.get("begun_by", String.class)),
                Objects.requireNonNull(row.get("begun_at", Instant.class)));
    }

    private static long number(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Long.class));
    }
}
