package dev.behalf.registry.provider;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `identity_provider` table and the `registry_revision` row.
@Singleton
final class ProviderTable {

    private static final String SELECT = "SELECT resource, changed_at FROM identity_provider ";

    private final Database database;

    ProviderTable(Database database) {
        this.database = database;
    }

    /// Providers in the order of namespace and name; null filters let all through.
    Flux<StoredProvider> list(@Nullable String namespace, @Nullable String host, @Nullable String issuer) {
        return database.query(
                SELECT + "WHERE ($1 = '' OR namespace = $1) AND ($2 = '' OR host = $2) AND ($3 = '' OR issuer = $3)"
                        + " ORDER BY namespace COLLATE \"C\", name COLLATE \"C\"",
                statement -> statement
                        .bind(0, namespace == null ? "" : namespace)
                        .bind(1, host == null ? "" : host)
                        .bind(2, issuer == null ? "" : issuer),
                ProviderTable::read);
    }

    Mono<StoredProvider> find(ProviderKey key) {
        return database.query(
                        SELECT + "WHERE namespace = $1 AND name = $2",
                        statement -> statement.bind(0, key.namespace()).bind(1, key.name()),
                        ProviderTable::read)
                .singleOrEmpty();
    }

    /// All providers and the revision that they are of, as of one moment.
    Mono<Snapshot> snapshot() {
        return database.query(
                        "SELECT revision, (SELECT coalesce(json_agg(resource::json ORDER BY revision), '[]')::text"
                                + " FROM identity_provider) AS providers FROM registry_revision",
                        statement -> statement,
                        row -> new Snapshot(
                                number(row, "revision"), Objects.requireNonNull(row.get("providers", String.class))))
                .single();
    }

    /// The number of the last change.
    Mono<Long> revision() {
        return database.query(
                        "SELECT revision FROM registry_revision",
                        statement -> statement,
                        row -> number(row, "revision"))
                .single();
    }

    /// The number of the last change; from here to the commit, no other transaction changes anything.
    Mono<Long> lockRevision(Connection connection) {
        return Database.query(
                        connection,
                        "SELECT revision FROM registry_revision FOR UPDATE",
                        statement -> statement,
                        row -> number(row, "revision"))
                .single();
    }

    Mono<Long> setRevision(Connection connection, long revision) {
        return Database.update(
                connection, "UPDATE registry_revision SET revision = $1", statement -> statement.bind(0, revision));
    }

    Mono<Optional<StoredProvider>> find(Connection connection, ProviderKey key) {
        return Database.query(
                        connection,
                        SELECT + "WHERE namespace = $1 AND name = $2",
                        statement -> statement.bind(0, key.namespace()).bind(1, key.name()),
                        ProviderTable::read)
                .singleOrEmpty()
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
    }

    /// Others with the same host.
    Mono<List<ProviderState>> sharing(Connection connection, ProviderState state) {
        return Database.query(
                        connection,
                        SELECT + "WHERE host = $1 AND NOT (namespace = $2 AND name = $3)",
                        statement -> statement
                                .bind(0, state.host())
                                .bind(1, state.namespace())
                                .bind(2, state.name()),
                        row -> read(row).state())
                .collectList();
    }

    Mono<Long> upsert(Connection connection, ProviderState state, Instant now) {
        return Database.update(
                connection,
                "INSERT INTO identity_provider (namespace, name, revision, host, issuer, resource, changed_at)"
                        + " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (namespace, name) DO UPDATE SET"
                        + " revision = $3, host = $4, issuer = $5, resource = $6, changed_at = $7",
                statement -> statement
                        .bind(0, state.namespace())
                        .bind(1, state.name())
                        .bind(2, state.revision())
                        .bind(3, state.host())
                        .bind(4, state.issuer())
                        .bind(5, Json.text(state.toJson()))
                        .bind(6, now));
    }

    Mono<Long> delete(Connection connection, ProviderState state) {
        return Database.update(
                connection,
                "DELETE FROM identity_provider WHERE namespace = $1 AND name = $2",
                statement -> statement.bind(0, state.namespace()).bind(1, state.name()));
    }

    /// @param providers a JSON array of [ProviderState#toJson]
    record Snapshot(long revision, String providers) {
        byte[] toJson() {
            return ("{\"revision\":" + revision + ",\"providers\":" + providers + "}").getBytes(StandardCharsets.UTF_8);
        }
    }

    private static StoredProvider read(Readable row) {
        return new StoredProvider(
                ProviderState.fromJson(Json.readObject(Objects.requireNonNull(row.get("resource", String.class)))),
                Objects.requireNonNull(row.get("changed_at", Instant.class)));
    }

    private static long number(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, Long.class));
    }
}
