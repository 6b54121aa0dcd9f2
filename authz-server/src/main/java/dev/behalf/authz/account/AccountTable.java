package dev.behalf.authz.account;

import dev.behalf.kernel.database.Database;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `account` table. Every method is one statement, so each is atomic.
@Singleton
final class AccountTable {

    static final String COLUMNS = "id, username, name, email, email_verified, disabled, created_at";

    /// An account and what its password must match; null when it has none.
    record Kept(Account account, @Nullable String passwordDigest) {}

    private final Database database;

    AccountTable(Database database) {
        this.database = database;
    }

    <T> Mono<T> transaction(java.util.function.Function<Connection, Mono<T>> work) {
        return database.transaction(work);
    }

    Mono<Account> byId(String id) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM account WHERE id = $1",
                        statement -> statement.bind(0, id),
                        AccountTable::read)
                .singleOrEmpty();
    }

    Mono<Kept> byUsername(String username) {
        return database.query(
                        "SELECT " + COLUMNS + ", password_digest FROM account WHERE username_key = $1",
                        statement -> statement.bind(0, Usernames.key(username)),
                        row -> new Kept(read(row), row.get("password_digest", String.class)))
                .singleOrEmpty();
    }

    Mono<Boolean> hasPassword(String id) {
        return database.query(
                        "SELECT password_digest IS NOT NULL AS has FROM account WHERE id = $1",
                        statement -> statement.bind(0, id),
                        row -> Boolean.TRUE.equals(row.get("has", Boolean.class)))
                .singleOrEmpty()
                .defaultIfEmpty(false);
    }

    /// In order of user name, those behind that one.
    Flux<Account> page(String afterUsername, int limit) {
        return database.query(
                "SELECT " + COLUMNS + " FROM account WHERE username_key > $1 ORDER BY username_key LIMIT $2",
                statement -> statement.bind(0, Usernames.key(afterUsername)).bind(1, limit),
                AccountTable::read);
    }

    /// Emits whether the user name was free.
    static Mono<Boolean> insert(Connection connection, Account account, @Nullable Argon2id password) {
        return Database.update(
                        connection,
                        "INSERT INTO account (id, username, username_key, name, email, email_verified, disabled,"
                                + " created_at, password_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                                + " ON CONFLICT (username_key) DO NOTHING",
                        statement -> {
                            statement
                                    .bind(0, account.id())
                                    .bind(1, account.username())
                                    .bind(2, Usernames.key(account.username()))
                                    .bind(5, account.emailVerified())
                                    .bind(6, account.disabled())
                                    .bind(7, account.createdAt());
                            bind(statement, 3, account.name());
                            bind(statement, 4, account.email());
                            return bind(statement, 8, password == null ? null : password.text());
                        })
                .map(rows -> rows == 1);
    }

    /// The same account with what may change of it: all but its id, its user name and its age.
    static Mono<Account> update(Connection connection, Account account) {
        return Database.query(
                        connection,
                        "UPDATE account SET name = $2, email = $3, email_verified = $4, disabled = $5 WHERE id = $1"
                                + " RETURNING " + COLUMNS,
                        statement -> {
                            statement
                                    .bind(0, account.id())
                                    .bind(3, account.emailVerified())
                                    .bind(4, account.disabled());
                            bind(statement, 1, account.name());
                            return bind(statement, 2, account.email());
                        },
                        AccountTable::read)
                .singleOrEmpty();
    }

    /// The account, kept as it is until the transaction ends.
    static Mono<Account> locked(Connection connection, String id) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + " FROM account WHERE id = $1 FOR UPDATE",
                        statement -> statement.bind(0, id),
                        AccountTable::read)
                .singleOrEmpty();
    }

    static Mono<Long> remove(Connection connection, String id) {
        return Database.update(connection, "DELETE FROM account WHERE id = $1", statement -> statement.bind(0, id));
    }

    static Mono<Long> keepPassword(Connection connection, String id, Argon2id password) {
        return Database.update(
                connection,
                "UPDATE account SET password_digest = $2 WHERE id = $1",
                statement -> statement.bind(0, id).bind(1, password.text()));
    }

    /// The same password at another cost, unless it was changed meanwhile.
    Mono<Long> keepAnew(String id, String before, Argon2id after) {
        return database.update(
                "UPDATE account SET password_digest = $3 WHERE id = $1 AND password_digest = $2",
                statement -> statement.bind(0, id).bind(1, before).bind(2, after.text()));
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    static Statement bind(Statement statement, int index, @Nullable String value) {
        return value == null ? statement.bindNull(index, String.class) : statement.bind(index, value);
    }

    static Account read(Readable row) {
        return new Account(
                Objects.requireNonNull(row.get("id", String.class)),
                Objects.requireNonNull(row.get("username", String.class)),
                row.get("name", String.class),
                row.get("email", String.class),
                Boolean.TRUE.equals(row.get("email_verified", Boolean.class)),
                Boolean.TRUE.equals(row.get("disabled", Boolean.class)),
                Objects.requireNonNull(row.get("created_at", Instant.class)));
    }
}
