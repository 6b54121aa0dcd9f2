package dev.behalf.authz.login;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import reactor.core.publisher.Mono;

/// The `sign_in_attempts` table: how often something was tried, by the digest of what was tried. Every method
/// is one statement, so that replicas and attempts made at once are counted together.
@Singleton
final class AttemptTable {

    /// @param attempts this one included
    record Count(int attempts, Instant startedAt) {}

    private final Database database;

    AttemptTable(Database database) {
        this.database = database;
    }

    /// Counts one attempt. Those that began before `since` are forgotten.
    Mono<Count> add(Sha256 key, Instant now, Instant since) {
        return database.query(
                        "INSERT INTO sign_in_attempts AS kept (key, started_at, attempts) VALUES ($1, $2, 1)"
                                + " ON CONFLICT (key) DO UPDATE SET"
                                + " attempts = CASE WHEN kept.started_at <= $3 THEN 1"
                                + " ELSE least(kept.attempts, 1000000) + 1 END,"
                                + " started_at = CASE WHEN kept.started_at <= $3 THEN $2 ELSE kept.started_at END"
                                + " RETURNING attempts, started_at",
                        statement -> statement.bind(0, key.bytes()).bind(1, now).bind(2, since),
                        row -> new Count(
                                Objects.requireNonNull(row.get("attempts", Integer.class)),
                                Objects.requireNonNull(row.get("started_at", Instant.class))))
                .single();
    }

    /// As if that attempt had not been made.
    Mono<Long> takeBack(Sha256 key) {
        return database.update(
                "UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE key = $1 AND attempts > 0",
                statement -> statement.bind(0, key.bytes()));
    }

    Mono<Long> forget(Sha256 key) {
        return database.update(
                "DELETE FROM sign_in_attempts WHERE key = $1", statement -> statement.bind(0, key.bytes()));
    }

    Mono<Long> removeStartedBefore(Instant instant) {
        return database.update(
                "DELETE FROM sign_in_attempts WHERE started_at < $1", statement -> statement.bind(0, instant));
    }
}
