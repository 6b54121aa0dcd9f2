package dev.behalf.authz.federation;

import dev.behalf.kernel.database.Database;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `account_link` table: whose account a subject of a provider may sign in to. By issuer and subject alone:
/// an address or a name can pass to another person, that pair cannot (OpenID Connect Core §5.7).
@Singleton
final class AccountLinkTable {

    record Link(String issuer, Instant createdAt) {}

    private final Database database;

    AccountLinkTable(Database database) {
        this.database = database;
    }

    Mono<String> accountOf(String issuer, String subject) {
        return database.query(
                        "SELECT account_id FROM account_link WHERE issuer = $1 AND subject = $2",
                        statement -> statement.bind(0, issuer).bind(1, subject),
                        row -> Objects.requireNonNull(row.get("account_id", String.class)))
                .singleOrEmpty();
    }

    Flux<Link> of(String accountId) {
        return database.query(
                "SELECT issuer, created_at FROM account_link WHERE account_id = $1 ORDER BY created_at",
                statement -> statement.bind(0, accountId),
                row -> new Link(
                        Objects.requireNonNull(row.get("issuer", String.class)),
                        Objects.requireNonNull(row.get("created_at", Instant.class))));
    }

    /// Links them unless the subject is linked already; emits whether it did.
    static Mono<Boolean> insert(Connection connection, String issuer, String subject, String accountId, Instant now) {
        return Database.update(
                        connection,
                        "INSERT INTO account_link (issuer, subject, account_id, created_at) VALUES ($1, $2, $3, $4)"
                                + " ON CONFLICT (issuer, subject) DO NOTHING",
                        statement -> statement
                                .bind(0, issuer)
                                .bind(1, subject)
                                .bind(2, accountId)
                                .bind(3, now))
                .map(rows -> rows == 1);
    }

    /// The same in a transaction of its own; emits whose account the subject is linked to now.
    Mono<String> link(String issuer, String subject, String accountId, Instant now) {
        return database.transaction(connection -> insert(connection, issuer, subject, accountId, now))
                .then(accountOf(issuer, subject));
    }

    Mono<Long> unlink(String issuer, String accountId) {
        return database.update(
                "DELETE FROM account_link WHERE issuer = $1 AND account_id = $2",
                statement -> statement.bind(0, issuer).bind(1, accountId));
    }
}
