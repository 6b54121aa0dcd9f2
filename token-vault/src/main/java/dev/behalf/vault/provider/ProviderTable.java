package dev.behalf.vault.provider;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `provider` table: what operators wrote through the API.
@Singleton
final class ProviderTable {

    private static final String COLUMNS =
            "name, instance, issuer, resource, found, registration, definition, has_client_secret, revision, changed_by, changed_at, removed_at";

    /// Of a provider that is not stored yet.
    static final UUID NEW = new UUID(0, 0);

    private final Database database;
    private final Clock clock;

    /// @param instance given by the database, for good
    /// @param issuer   of the whole definition, for looking it up
    /// @param resource     that its tokens are for (RFC 8707); null: none
    /// @param found        the definition that discovery made, which `written` changes; null: none
    /// @param registration the issuer at which the vault has registered its client; null: it is the operator's
    /// @param written  without the client's secret
    /// @param revision another one after each change; 0 before it is stored
    /// @param removedAt when it was taken away; null: it is in use
    record Row(
            ProviderId id,
            UUID instance,
            @Nullable String issuer,
            @Nullable String resource,
            @Nullable Map<String, @Nullable Object> found,
            @Nullable String registration,
            Map<String, @Nullable Object> written,
            boolean hasClientSecret,
            long revision,
            String changedBy,
            Instant changedAt,
            @Nullable Instant removedAt) {}

    ProviderTable(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    Mono<Row> find(ProviderId id) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM provider WHERE name = $1",
                        statement -> statement.bind(0, id.name()),
                        ProviderTable::read)
                .singleOrEmpty();
    }

    /// By its resource or its issuer. The first by name, if several say that they are this issuer; one that is
    /// for no resource before those that are.
    Mono<Row> findByUrl(String url) {
        return database.query(
                        "SELECT " + COLUMNS
                                + " FROM provider WHERE (resource = $1 OR issuer = $1) AND removed_at IS NULL"
                                + " ORDER BY resource IS NOT DISTINCT FROM $1 DESC, resource IS NULL DESC, name LIMIT 1",
                        statement -> statement.bind(0, url),
                        ProviderTable::read)
                .singleOrEmpty();
    }

    Flux<Row> all() {
        return database.query(
                "SELECT " + COLUMNS + " FROM provider ORDER BY name", statement -> statement, ProviderTable::read);
    }

    /// Stores it if what is stored still has the revision that was seen (0: there was none); nothing when
    /// somebody else was first.
    Mono<Row> put(Connection connection, Row row, long seen) {
        return Database.query(
                        connection,
                        "INSERT INTO provider (name, issuer, definition, has_client_secret, changed_by, changed_at,"
                                + " resource, found, registration) SELECT $1, $2, $3, $4, $5, $6, $8, $9, $10"
                                + " WHERE $7 = 0 OR EXISTS (SELECT 1 FROM provider WHERE name = $1)"
                                + " ON CONFLICT (name) DO UPDATE SET issuer = excluded.issuer,"
                                + " definition = excluded.definition, has_client_secret = excluded.has_client_secret,"
                                + " revision = excluded.revision, changed_by = excluded.changed_by,"
                                + " changed_at = excluded.changed_at, resource = excluded.resource, found = excluded.found,"
                                + " registration = excluded.registration WHERE provider.revision = $7"
                                + " AND provider.removed_at IS NULL RETURNING "
                                + COLUMNS,
                        statement -> bindIssuer(statement.bind(0, row.id().name()), row.issuer())
                                .bind(2, Json.text(row.written()))
                                .bind(3, row.hasClientSecret())
                                .bind(4, row.changedBy())
                                .bind(5, clock.instant())
                                .bind(6, seen)
                                .bind(7, Database.orNull(String.class, row.resource()))
                                .bind(
                                        8,
                                        Database.orNull(
                                                String.class, row.found() == null ? null : Json.text(row.found())))
                                .bind(9, Database.orNull(String.class, row.registration())),
                        ProviderTable::read)
                .singleOrEmpty();
    }

    /// One that was taken away and is still there.
    Mono<Row> findRemoved(UUID instance) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM provider WHERE instance = $1 AND removed_at IS NOT NULL",
                        statement -> statement.bind(0, instance),
                        ProviderTable::read)
                .singleOrEmpty();
    }

    /// Takes it away, and emits whether it was in use until now.
    Mono<Boolean> takeAway(Connection connection, UUID instance) {
        return Database.update(
                        connection,
                        "UPDATE provider SET removed_at = $2, revision = nextval('provider_revision')"
                                + " WHERE instance = $1 AND removed_at IS NULL",
                        statement -> statement.bind(0, instance).bind(1, clock.instant()))
                .map(rows -> rows == 1);
    }

    /// Nobody takes it away or changes it until the transaction ends. Emits whether it is in use.
    Mono<Boolean> hold(Connection connection, ProviderId id, UUID instance) {
        return Database.query(
                        connection,
                        "SELECT 1 FROM provider WHERE name = $1 AND instance = $2 AND removed_at IS NULL FOR SHARE",
                        statement -> statement.bind(0, id.name()).bind(1, instance),
                        _ -> true)
                .hasElements();
    }

    /// How many have the client that is registered there.
    Mono<Long> ofRegistration(String issuer) {
        return database.query(
                        "SELECT count(*) AS n FROM provider WHERE registration = $1",
                        statement -> statement.bind(0, issuer),
                        row -> Objects.requireNonNull(row.get("n", Long.class)))
                .single();
    }

    /// Emits whether there was one.
    Mono<Boolean> remove(Connection connection, ProviderId id) {
        return Database.update(
                        connection, "DELETE FROM provider WHERE name = $1", statement -> statement.bind(0, id.name()))
                .map(rows -> rows > 0);
    }

    private static Statement bindIssuer(Statement statement, @Nullable String issuer) {
        return issuer == null ? statement.bindNull(1, String.class) : statement.bind(1, issuer);
    }

    private static Row read(Readable row) {
        var found = row.get("found", String.class);
        return new Row(
                new ProviderId(Objects.requireNonNull(row.get("name", String.class))),
                Objects.requireNonNull(row.get("instance", UUID.class)),
                row.get("issuer", String.class),
                row.get("resource", String.class),
                found == null ? null : Json.readObject(found),
                row.get("registration", String.class),
                Json.readObject(Objects.requireNonNull(row.get("definition", String.class))),
                Objects.requireNonNull(row.get("has_client_secret", Boolean.class)),
                Objects.requireNonNull(row.get("revision", Long.class)),
                Objects.requireNonNull(row.get("changed_by", String.class)),
                Objects.requireNonNull(row.get("changed_at", Instant.class)),
                row.get("removed_at", Instant.class));
    }
}
