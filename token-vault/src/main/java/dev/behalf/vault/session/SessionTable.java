package dev.behalf.vault.session;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The `session` table, where a session is known by the digest of its cookie.
@Singleton
final class SessionTable {

    /// @param seenAt when a page was last opened, but for a minute
    record Row(String subject, String username, Instant begunAt, Instant seenAt) {}

    private final Database database;

    SessionTable(Database database) {
        this.database = database;
    }

    Mono<Row> find(Sha256 digest) {
        return database.query(
                        "SELECT subject, username, begun_at, seen_at FROM session WHERE digest = $1",
                        statement -> statement.bind(0, digest.bytes()),
                        SessionTable::read)
                .singleOrEmpty();
    }

    /// Keeps the new session in the place of the browser's old one.
    Mono<Void> replace(@Nullable Sha256 old, Row session, Sha256 digest) {
        return database.transaction(connection -> (old == null
                                ? Mono.just(0L)
                                : Database.update(
                                        connection,
                                        "DELETE FROM session WHERE digest = $1",
                                        statement -> statement.bind(0, old.bytes())))
                        .then(Database.update(
                                connection,
                                "INSERT INTO session (digest, subject, username, begun_at, seen_at)"
                                        + " VALUES ($1, $2, $3, $4, $5)",
                                statement -> statement
                                        .bind(0, digest.bytes())
                                        .bind(1, session.subject())
                                        .bind(2, session.username())
                                        .bind(3, session.begunAt())
                                        .bind(4, session.seenAt()))))
                .then();
    }

    Mono<Long> remove(Sha256 digest) {
        return database.update("DELETE FROM session WHERE digest = $1", statement -> statement.bind(0, digest.bytes()));
    }

    /// All of the person's.
    ///
    /// @param but null: without exception
    Mono<Long> removeOf(String subject, @Nullable Sha256 but) {
        return database.update(
                "DELETE FROM session WHERE subject = $1 AND digest IS DISTINCT FROM $2",
                statement -> statement
                        .bind(0, subject)
                        .bind(1, Database.orNull(byte[].class, but == null ? null : but.bytes())));
    }

    Mono<Long> markSeen(Sha256 digest, Instant at) {
        return database.update(
                "UPDATE session SET seen_at = $2 WHERE digest = $1",
                statement -> statement.bind(0, digest.bytes()).bind(1, at));
    }

    /// Removes those that nobody can come back to.
    Mono<Long> removeSeenBefore(Instant instant) {
        return database.update("DELETE FROM session WHERE seen_at < $1", statement -> statement.bind(0, instant));
    }

    private static Row read(Readable row) {
        return new Row(
                Objects.requireNonNull(row.get("subject", String.class)),
                Objects.requireNonNull(row.get("username", String.class)),
                Objects.requireNonNull(row.get("begun_at", Instant.class)),
                Objects.requireNonNull(row.get("seen_at", Instant.class)));
    }
}
