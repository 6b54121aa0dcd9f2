package dev.behalf.authz.apikey;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `api_key` table. Every method is atomic: one statement, or one transaction.
@Singleton
final class ApiKeyTable {

    private static final String COLUMNS = "id, name, scopes, prefix, last4, created_at, last_used_at, expires_at";

    private final Database database;

    ApiKeyTable(Database database) {
        this.database = database;
    }

    Flux<ApiKey> all() {
        return database.query(
                "SELECT " + COLUMNS + " FROM api_key ORDER BY created_at, id",
                statement -> statement,
                ApiKeyTable::read);
    }

    Mono<ApiKey> byDigest(Sha256 digest) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM api_key WHERE digest = $1",
                        statement -> statement.bind(0, digest.bytes()),
                        ApiKeyTable::read)
                .singleOrEmpty();
    }

    /// Keeps a new key unless there are as many as there may be; emits whether it did. One at a time counts and
    /// inserts, so that the bound is exact.
    Mono<Boolean> insert(ApiKey key, Sha256 digest, int atMost) {
        return database.transaction(connection -> Database.update(
                        connection, "SELECT pg_advisory_xact_lock(hashtext('api_key'))", statement -> statement)
                .then(Database.update(
                        connection,
                        "INSERT INTO api_key (id, name, scopes, prefix, last4, created_at, expires_at, digest)"
                                + " SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT count(*) FROM api_key) < $9",
                        statement -> bindExpiry(
                                        statement
                                                .bind(0, key.id())
                                                .bind(1, key.name())
                                                .bind(2, Scope.text(key.scopes()))
                                                .bind(3, key.prefix())
                                                .bind(4, key.last4())
                                                .bind(5, key.createdAt())
                                                .bind(7, digest.bytes()),
                                        key.expiresAt())
                                .bind(8, atMost)))
                .map(rows -> rows == 1));
    }

    Mono<ApiKey> byId(String id) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM api_key WHERE id = $1",
                        statement -> statement.bind(0, id),
                        ApiKeyTable::read)
                .singleOrEmpty();
    }

    /// Puts a new key in the place of the old one, which is dead from that moment; emits the row, if there is one.
    /// The scopes of a key never change, so what was read of them before holds.
    Mono<ApiKey> replaceDigest(String id, Sha256 digest, String last4) {
        return database.query(
                        "UPDATE api_key SET digest = $2, last4 = $3, last_used_at = NULL WHERE id = $1 RETURNING "
                                + COLUMNS,
                        statement ->
                                statement.bind(0, id).bind(1, digest.bytes()).bind(2, last4),
                        ApiKeyTable::read)
                .singleOrEmpty();
    }

    /// Removes the key and emits it as it was, or nothing when there was none.
    Mono<ApiKey> remove(String id) {
        return database.query(
                        "DELETE FROM api_key WHERE id = $1 RETURNING " + COLUMNS,
                        statement -> statement.bind(0, id),
                        ApiKeyTable::read)
                .singleOrEmpty();
    }

    Mono<Long> markUsed(String id, Instant at) {
        return database.update(
                "UPDATE api_key SET last_used_at = $2 WHERE id = $1",
                statement -> statement.bind(0, id).bind(1, at));
    }

    private static Statement bindExpiry(Statement statement, @Nullable Instant expiresAt) {
        return expiresAt == null ? statement.bindNull(6, Instant.class) : statement.bind(6, expiresAt);
    }

    private static ApiKey read(Readable row) {
        return new ApiKey(
                text(row, "id"),
                text(row, "name"),
                Scope.parse(text(row, "scopes")),
                text(row, "prefix"),
                text(row, "last4"),
                Objects.requireNonNull(row.get("created_at", Instant.class)),
                row.get("last_used_at", Instant.class),
                row.get("expires_at", Instant.class));
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }
}
