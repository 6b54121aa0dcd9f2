package dev.behalf.authz.account;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import reactor.core.publisher.Mono;

/// The `password_ticket` table: at most one for an account, known by its digest.
@Singleton
final class PasswordTicketTable {

    private final Database database;

    PasswordTicketTable(Database database) {
        this.database = database;
    }

    /// Those made before for the account work no longer.
    static Mono<Long> insert(Connection connection, String accountId, Sha256 digest, Instant expiresAt) {
        return removeAll(connection, accountId)
                .then(Database.update(
                        connection,
                        "INSERT INTO password_ticket (digest, account_id, expires_at) VALUES ($1, $2, $3)",
                        statement -> statement
                                .bind(0, digest.bytes())
                                .bind(1, accountId)
                                .bind(2, expiresAt)));
    }

    Mono<String> accountOf(Sha256 digest, Instant now) {
        return database.query(
                        "SELECT account_id FROM password_ticket WHERE digest = $1 AND expires_at > $2",
                        statement -> statement.bind(0, digest.bytes()).bind(1, now),
                        row -> Objects.requireNonNull(row.get("account_id", String.class)))
                .singleOrEmpty();
    }

    /// Emits whose it was, to the first who asks only.
    static Mono<String> take(Connection connection, Sha256 digest, Instant now) {
        return Database.query(
                        connection,
                        "DELETE FROM password_ticket WHERE digest = $1 AND expires_at > $2 RETURNING account_id",
                        statement -> statement.bind(0, digest.bytes()).bind(1, now),
                        row -> Objects.requireNonNull(row.get("account_id", String.class)))
                .singleOrEmpty();
    }

    static Mono<Long> removeAll(Connection connection, String accountId) {
        return Database.update(
                connection,
                "DELETE FROM password_ticket WHERE account_id = $1",
                statement -> statement.bind(0, accountId));
    }
}
