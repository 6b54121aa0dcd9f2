package dev.behalf.vault.rotation;

import dev.behalf.kernel.database.Database;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `key_rotation` table. Leases are measured by the database's clock, which all replicas share.
@Singleton
final class RotationTable {

    private static final String COLUMNS =
            "id, to_key, total, done, failed, position, obstacle, started_by, started_at, finished_at";

    private final Database database;
    private final Clock clock;

    RotationTable(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /// Begins one, or emits nothing while another runs.
    Mono<Rotation> begin(String toKey, long total, String by) {
        return database.query(
                        "INSERT INTO key_rotation (id, to_key, state, total, done, failed, position, started_by,"
                                + " started_at, lease_owner, lease_until)"
                                + " VALUES ($1, $2, 'running', $3, 0, 0, 0, $4, $5, '', '-infinity')"
                                + " ON CONFLICT (state) WHERE state = 'running' DO NOTHING RETURNING " + COLUMNS,
                        statement -> statement
                                .bind(0, UUID.randomUUID())
                                .bind(1, toKey)
                                .bind(2, total)
                                .bind(3, by)
                                .bind(4, clock.instant()),
                        RotationTable::read)
                .singleOrEmpty();
    }

    Mono<Rotation> find(UUID id) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM key_rotation WHERE id = $1",
                        statement -> statement.bind(0, id),
                        RotationTable::read)
                .singleOrEmpty();
    }

    /// The newest first.
    Flux<Rotation> latest(int limit) {
        return database.query(
                "SELECT " + COLUMNS + " FROM key_rotation ORDER BY started_at DESC LIMIT $1",
                statement -> statement.bind(0, limit),
                RotationTable::read);
    }

    Mono<Boolean> isRunning() {
        return database.query("SELECT 1 FROM key_rotation WHERE state = 'running'", statement -> statement, _ -> true)
                .hasElements();
    }

    /// The running one, for this replica to work on, or nothing when there is none or another replica has it.
    Mono<Rotation> take(String owner, Duration lease) {
        return database.query(
                        "UPDATE key_rotation SET lease_owner = $1, lease_until = now() + $2 * interval '1 millisecond'"
                                + " WHERE state = 'running' AND (lease_owner = $1 OR lease_until < now()) RETURNING "
                                + COLUMNS,
                        statement -> statement.bind(0, owner).bind(1, lease.toMillis()),
                        RotationTable::read)
                .singleOrEmpty();
    }

    /// Records how far it is and keeps the lease, or emits nothing when another replica has taken it.
    Mono<Rotation> progress(Rotation now, String owner, Duration lease) {
        return database.query(
                        "UPDATE key_rotation SET to_key = $3, done = $4, failed = $5, position = $6, obstacle = NULL,"
                                + " lease_until = now() + $7 * interval '1 millisecond'"
                                + " WHERE id = $1 AND state = 'running' AND lease_owner = $2 RETURNING " + COLUMNS,
                        statement -> statement
                                .bind(0, now.id())
                                .bind(1, owner)
                                .bind(2, now.toKey())
                                .bind(3, now.done())
                                .bind(4, now.failed())
                                .bind(5, now.position())
                                .bind(6, lease.toMillis()),
                        RotationTable::read)
                .singleOrEmpty();
    }

    Mono<Long> obstacle(UUID id, String owner, String what) {
        return database.update(
                "UPDATE key_rotation SET obstacle = $3 WHERE id = $1 AND lease_owner = $2",
                statement -> statement.bind(0, id).bind(1, owner).bind(2, what));
    }

    /// Lets another replica go on at once.
    Mono<Long> giveBack(String owner) {
        return database.update(
                "UPDATE key_rotation SET lease_until = '-infinity' WHERE state = 'running' AND lease_owner = $1",
                statement -> statement.bind(0, owner));
    }

    Mono<Long> finish(UUID id, String owner) {
        return database.update(
                "UPDATE key_rotation SET state = 'finished', finished_at = $3, obstacle = NULL"
                        + " WHERE id = $1 AND state = 'running' AND lease_owner = $2",
                statement -> statement.bind(0, id).bind(1, owner).bind(2, clock.instant()));
    }

    private static Rotation read(Readable row) {
        return new Rotation(
                Objects.requireNonNull(row.get("id", UUID.class)),
                Objects.requireNonNull(row.get("to_key", String.class)),
                Objects.requireNonNull(row.get("total", Long.class)),
                Objects.requireNonNull(row.get("done", Long.class)),
                Objects.requireNonNull(row.get("failed", Long.class)),
                Objects.requireNonNull(row.get("position", Long.class)),
                row.get("obstacle", String.class),
                Objects.requireNonNull(row.get("started_by", String.class)),
                Objects.requireNonNull(row.get("started_at", Instant.class)),
                row.get("finished_at", Instant.class));
    }
}
