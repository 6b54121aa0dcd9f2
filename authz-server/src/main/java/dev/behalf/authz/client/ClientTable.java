package dev.behalf.authz.client;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `client` table.
@Singleton
final class ClientTable {

    private static final String COLUMNS = "id, origin, metadata, resources, secret, registration_token, enabled,"
            + " created_at, last_used_at, expires_at";

    /// Kept longer than asked for, so that a client whose grants are renewed all the time is not written all the time.
    private static final Duration SLACK = Duration.ofDays(1);

    private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

    private final Database database;

    ClientTable(Database database) {
        this.database = database;
    }

    <T> Mono<T> transaction(Function<Connection, Mono<T>> work) {
        return database.transaction(work);
    }

    Mono<StoredClient> find(String id) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM client WHERE id = $1",
                        statement -> statement.bind(0, id),
                        ClientTable::read)
                .singleOrEmpty();
    }

    /// The same, and nobody else changes it until the transaction ends.
    Mono<StoredClient> lock(Connection connection, String id) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + " FROM client WHERE id = $1 FOR UPDATE",
                        statement -> statement.bind(0, id),
                        ClientTable::read)
                .singleOrEmpty();
    }

    /// Emits whether the id was free.
    Mono<Boolean> insert(Connection connection, StoredClient client) {
        return Database.update(
                        connection,
                        "INSERT INTO client (metadata, resources, secret, enabled, id, origin, registration_token,"
                                + " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                                + " ON CONFLICT (id) DO NOTHING",
                        statement -> bind(statement, client)
                                .bind(5, client.origin().name())
                                .bind(6, orNull(client.registrationToken()))
                                .bind(7, client.createdAt())
                                .bind(8, orNull(client.expiresAt())))
                .map(rows -> rows == 1);
    }

    /// Writes what can change of a client.
    Mono<Void> update(Connection connection, StoredClient client) {
        return Database.update(
                        connection,
                        "UPDATE client SET metadata = $1, resources = $2, secret = $3, enabled = $4 WHERE id = $5",
                        statement -> bind(statement, client))
                .then();
    }

    /// Emits whether there was one.
    Mono<Boolean> delete(Connection connection, String id) {
        return Database.update(connection, "DELETE FROM client WHERE id = $1", statement -> statement.bind(0, id))
                .map(rows -> rows == 1);
    }

    /// How many registered themselves and were never used.
    Mono<Long> countUnused(Connection connection) {
        return Database.query(
                        connection,
                        "SELECT count(*) FROM client WHERE origin = 'REGISTERED' AND last_used_at IS NULL",
                        statement -> statement,
                        row -> Objects.requireNonNull(row.get(0, Long.class)))
                .single();
    }

    /// Deletes the oldest that registered itself before that instant and was never used; emits whether there was one.
    Mono<Boolean> deleteOldestUnused(Connection connection, Instant before) {
        return Database.update(
                        connection,
                        "DELETE FROM client WHERE id IN (SELECT id FROM client WHERE origin = 'REGISTERED'"
                                + " AND last_used_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT 1"
                                + " FOR UPDATE SKIP LOCKED)",
                        statement -> statement.bind(0, before))
                .map(rows -> rows == 1);
    }

    /// Deletes some of those that have expired, each by one replica, and emits their ids.
    Flux<String> deleteExpired(Connection connection, Instant now, int atMost) {
        return Database.query(
                connection,
                "DELETE FROM client WHERE id IN (SELECT id FROM client WHERE expires_at <= $1 ORDER BY expires_at"
                        + " LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id",
                statement -> statement.bind(0, now).bind(1, atMost),
                row -> text(row, "id"));
    }

    /// A page of all: those behind that id, in the order of their ids.
    Flux<StoredClient> page(String after, int atMost) {
        return database.query(
                "SELECT " + COLUMNS + " FROM client WHERE id > $1 ORDER BY id LIMIT $2",
                statement -> statement.bind(0, after).bind(1, atMost),
                ClientTable::read);
    }

    /// Notes that a client with a metadata document was used, so that operators see it.
    Mono<Long> markDocumentUsed(String id, Instant at) {
        return database.update(
                "INSERT INTO client (id, origin, metadata, resources, enabled, created_at, last_used_at)"
                        + " VALUES ($1, 'METADATA_DOCUMENT', '{}', '{}', true, $2, $2)"
                        + " ON CONFLICT (id) DO UPDATE SET last_used_at = greatest(client.last_used_at, $2)",
                statement -> statement.bind(0, id).bind(1, at));
    }

    /// Forgets clients with a metadata document that were not used since; a disabled one stays disabled.
    Mono<Long> forgetDocuments(Instant usedBefore, int atMost) {
        return database.update(
                "DELETE FROM client WHERE id IN (SELECT id FROM client WHERE origin = 'METADATA_DOCUMENT' AND enabled"
                        + " AND last_used_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
                statement -> statement.bind(0, usedBefore).bind(1, atMost));
    }

    Mono<Long> markUsed(String id, Instant at, Instant keepUntil) {
        return database.update(
                "UPDATE client SET last_used_at = greatest(last_used_at, $2),"
                        + " expires_at = CASE WHEN expires_at IS NULL THEN NULL ELSE greatest(expires_at, $3) END"
                        + " WHERE id = $1",
                statement -> statement.bind(0, id).bind(1, at).bind(2, keepUntil));
    }

    Mono<Void> keepUntil(Connection connection, String id, Instant now, Instant until) {
        var end = until.isBefore(END_OF_TIME) ? until : END_OF_TIME;
        return Database.update(
                        connection,
                        "UPDATE client SET last_used_at = greatest(last_used_at, $2), expires_at = greatest(expires_at, $4)"
                                + " WHERE id = $1 AND expires_at IS NOT NULL AND (last_used_at IS NULL OR expires_at < $3)",
                        statement ->
                                statement.bind(0, id).bind(1, now).bind(2, end).bind(3, end.plus(SLACK)))
                .then();
    }

    private static Statement bind(Statement statement, StoredClient client) {
        return statement
                .bind(0, Json.text(client.metadata()))
                .bind(1, Json.text(resources(client.resources())))
                .bind(2, orNull(client.secret()))
                .bind(3, client.enabled())
                .bind(4, client.id());
    }

    private static Object orNull(@Nullable Sha256 digest) {
        return digest == null ? io.r2dbc.spi.Parameters.in(byte[].class) : digest.bytes();
    }

    private static Object orNull(@Nullable Instant instant) {
        return instant == null ? io.r2dbc.spi.Parameters.in(Instant.class) : instant;
    }

    private static Map<String, Object> resources(Map<String, Set<String>> resources) {
        var json = new LinkedHashMap<String, Object>();
        resources.forEach((resource, scopes) -> json.put(resource, Scope.text(scopes)));
        return json;
    }

    private static StoredClient read(Readable row) {
        var resources = new LinkedHashMap<String, Set<String>>();
        Json.readObject(text(row, "resources"))
                .forEach((resource, scopes) -> resources.put(resource, Scope.parse(String.valueOf(scopes))));
        return new StoredClient(
                text(row, "id"),
                Client.Origin.valueOf(text(row, "origin")),
                Json.readObject(text(row, "metadata")),
                resources,
                digest(row, "secret"),
                digest(row, "registration_token"),
                Boolean.TRUE.equals(row.get("enabled", Boolean.class)),
                Objects.requireNonNull(row.get("created_at", Instant.class)),
                row.get("last_used_at", Instant.class),
                row.get("expires_at", Instant.class));
    }

    private static @Nullable Sha256 digest(Readable row, String column) {
        var bytes = row.get(column, byte[].class);
        return bytes == null ? null : Sha256.fromHex(HexFormat.of().formatHex(bytes));
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }
}
