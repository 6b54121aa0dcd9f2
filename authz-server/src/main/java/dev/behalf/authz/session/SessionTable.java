package dev.behalf.authz.session;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The `session` table, where a session is known by the digest of its cookie.
@Singleton
final class SessionTable {

    /// @param signedInFor see [Session#signedInFor]
    /// @param seenAt      when a page was last opened, but for a few minutes
    record Row(
            String id,
            String accountId,
            String method,
            Instant authTime,
            @Nullable String signedInFor,
            Instant seenAt) {}

    private static final String COLUMNS = "id, account_id, method, auth_time, signed_in_for, seen_at";

    private final Database database;

    SessionTable(Database database) {
        this.database = database;
    }

    Mono<Row> byDigest(Sha256 digest) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM session WHERE digest = $1",
                        statement -> statement.bind(0, digest.bytes()),
                        SessionTable::read)
                .singleOrEmpty();
    }

    /// Keeps the new session in the place of the browser's old one.
    Mono<Void> replace(@Nullable Sha256 old, Row session, Sha256 digest) {
        return database.transaction(connection -> (old == null ? Mono.just(0L) : remove(connection, old))
                        .then(Database.update(
                                connection,
                                "INSERT INTO session (" + COLUMNS + ", digest) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                                statement -> {
                                    statement
                                            .bind(0, session.id())
                                            .bind(1, session.accountId())
                                            .bind(2, session.method())
                                            .bind(3, session.authTime())
                                            .bind(5, session.seenAt())
                                            .bind(6, digest.bytes());
                                    return session.signedInFor() == null
                                            ? statement.bindNull(4, String.class)
                                            : statement.bind(4, session.signedInFor());
                                })))
                .then();
    }

    Mono<Long> remove(Sha256 digest) {
        return database.update("DELETE FROM session WHERE digest = $1", statement -> statement.bind(0, digest.bytes()));
    }

    private static Mono<Long> remove(Connection connection, Sha256 digest) {
        return Database.update(
                connection, "DELETE FROM session WHERE digest = $1", statement -> statement.bind(0, digest.bytes()));
    }

    static Mono<Long> removeAll(Connection connection, String accountId) {
        return Database.update(
                connection, "DELETE FROM session WHERE account_id = $1", statement -> statement.bind(0, accountId));
    }

    Mono<Long> markSeen(String id, Instant at) {
        return database.update(
                "UPDATE session SET seen_at = $2 WHERE id = $1",
                statement -> statement.bind(0, id).bind(1, at));
    }

    Mono<Long> useUpSignIn(String id) {
        return database.update(
                "UPDATE session SET signed_in_for = NULL WHERE id = $1", statement -> statement.bind(0, id));
    }

    /// Removes those that nobody can come back to.
    Mono<Long> removeSeenBefore(Instant instant) {
        return database.update("DELETE FROM session WHERE seen_at < $1", statement -> statement.bind(0, instant));
    }

    private static Row read(Readable row) {
        return new Row(
                Objects.requireNonNull(row.get("id", String.class)),
                Objects.requireNonNull(row.get("account_id", String.class)),
                Objects.requireNonNull(row.get("method", String.class)),
                Objects.requireNonNull(row.get("auth_time", Instant.class)),
                row.get("signed_in_for", String.class),
                Objects.requireNonNull(row.get("seen_at", Instant.class)));
    }
}
