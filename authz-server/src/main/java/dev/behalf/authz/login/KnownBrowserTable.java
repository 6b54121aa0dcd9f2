package dev.behalf.authz.login;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Instant;
import reactor.core.publisher.Mono;

/// The `known_browser` table: in which browsers, known by the digest of a cookie, somebody signed in to an account.
@Singleton
final class KnownBrowserTable {

    private static final int MOST_FOR_ONE_ACCOUNT = 20;

    private final Database database;

    KnownBrowserTable(Database database) {
        this.database = database;
    }

    Mono<Boolean> knows(Sha256 browser, String accountId) {
        return database.query(
                        "SELECT 1 AS one FROM known_browser WHERE digest = $1 AND account_id = $2",
                        statement -> statement.bind(0, browser.bytes()).bind(1, accountId),
                        _ -> true)
                .singleOrEmpty()
                .defaultIfEmpty(false);
    }

    /// Of an account's browsers those used last are kept.
    Mono<Void> remember(Sha256 browser, String accountId, Instant now) {
        return database.transaction(connection -> Database.update(
                                connection,
                                "INSERT INTO known_browser (digest, account_id, used_at) VALUES ($1, $2, $3)"
                                        + " ON CONFLICT (digest, account_id) DO UPDATE SET used_at = $3",
                                statement -> statement
                                        .bind(0, browser.bytes())
                                        .bind(1, accountId)
                                        .bind(2, now))
                        .then(Database.update(
                                connection,
                                "DELETE FROM known_browser WHERE account_id = $1 AND digest NOT IN (SELECT digest"
                                        + " FROM known_browser WHERE account_id = $1 ORDER BY used_at DESC LIMIT $2)",
                                statement -> statement.bind(0, accountId).bind(1, MOST_FOR_ONE_ACCOUNT))))
                .then();
    }

    static Mono<Long> forgetAll(Connection connection, String accountId) {
        return Database.update(
                connection,
                "DELETE FROM known_browser WHERE account_id = $1",
                statement -> statement.bind(0, accountId));
    }

    Mono<Long> removeUsedBefore(Instant instant) {
        return database.update("DELETE FROM known_browser WHERE used_at < $1", statement -> statement.bind(0, instant));
    }
}
