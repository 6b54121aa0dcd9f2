package dev.behalf.vault.registration;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.vault.provider.ClientAuthentication;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The `client_registration` table. Every method is one statement, and so atomic.
@Singleton
final class RegistrationTable {

    private static final String COLUMNS = "id, issuer, endpoint, wanted, scope, client_id, authentication,"
            + " management_url, metadata, secret_expires_at, lost, registered_at, obstacle, not_before, version";

    private final Database database;

    RegistrationTable(Database database) {
        this.database = database;
    }

    Mono<Registration> find(String issuer) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM client_registration WHERE issuer = $1",
                        statement -> statement.bind(0, issuer),
                        RegistrationTable::read)
                .singleOrEmpty();
    }

    /// Makes room for one, or notes where the server registers clients now. Emits what is there then.
    Mono<Registration> prepare(String issuer, URI endpoint, String wanted, @Nullable String scope) {
        return database.query(
                        "INSERT INTO client_registration (id, issuer, endpoint, wanted, scope, authentication, metadata)"
                                + " VALUES ($1, $2, $3, $4, $5, 'NONE', '{}') ON CONFLICT (issuer) DO UPDATE"
                                + " SET endpoint = excluded.endpoint, wanted = excluded.wanted RETURNING " + COLUMNS,
                        statement -> statement
                                .bind(0, UUID.randomUUID())
                                .bind(1, issuer)
                                .bind(2, endpoint.toString())
                                .bind(3, wanted)
                                .bind(4, Database.orNull(String.class, scope)),
                        RegistrationTable::read)
                .single();
    }

    /// Takes the lease, if nobody has it and it is as it was seen.
    Mono<Boolean> lease(Registration seen, Instant now, Instant until) {
        return database.update(
                        "UPDATE client_registration SET lease_until = $3 WHERE id = $1 AND version = $2"
                                + " AND (lease_until IS NULL OR lease_until <= $4)",
                        statement -> statement
                                .bind(0, seen.id())
                                .bind(1, seen.version())
                                .bind(2, until)
                                .bind(3, now))
                .map(rows -> rows == 1);
    }

    /// Stores it as the next version, if the one that was seen is still there, and gives the lease back.
    Mono<Boolean> store(Connection connection, Registration next) {
        return Database.update(
                        connection,
                        "UPDATE client_registration SET client_id = $3, authentication = $4, management_url = $5,"
                                + " metadata = $6, secret_expires_at = $7, lost = $8, registered_at = $9,"
                                + " obstacle = $10, not_before = $11, version = $2, lease_until = NULL"
                                + " WHERE id = $1 AND version = $2 - 1",
                        statement -> statement
                                .bind(0, next.id())
                                .bind(1, next.version())
                                .bind(2, Database.orNull(String.class, next.clientId()))
                                .bind(3, next.authentication().name())
                                .bind(4, Database.orNull(String.class, text(next.managementUrl())))
                                .bind(5, Json.text(next.metadata()))
                                .bind(6, Database.orNull(Instant.class, next.secretExpiresAt()))
                                .bind(7, next.lost())
                                .bind(8, Database.orNull(Instant.class, next.registeredAt()))
                                .bind(9, Database.orNull(String.class, next.obstacle()))
                                .bind(10, Database.orNull(Instant.class, next.notBefore())))
                .map(rows -> rows == 1);
    }

    /// Gives the lease back after an attempt that failed.
    Mono<Boolean> failed(Registration seen, String obstacle, Instant notBefore) {
        return database.update(
                        "UPDATE client_registration SET obstacle = $3, not_before = $4, lease_until = NULL"
                                + " WHERE id = $1 AND version = $2",
                        statement -> statement
                                .bind(0, seen.id())
                                .bind(1, seen.version())
                                .bind(2, obstacle)
                                .bind(3, notBefore))
                .map(rows -> rows == 1);
    }

    /// The server refused the client. Emits whether it is to be seen to: not while an attempt was made lately.
    Mono<Boolean> lost(String issuer, String clientId, Instant now) {
        return database.update(
                        "UPDATE client_registration SET lost = true WHERE issuer = $1 AND client_id = $2"
                                + " AND (not_before IS NULL OR not_before <= $3)",
                        statement -> statement.bind(0, issuer).bind(1, clientId).bind(2, now))
                .map(rows -> rows == 1);
    }

    Mono<Boolean> delete(Connection connection, UUID id) {
        return Database.update(
                        connection, "DELETE FROM client_registration WHERE id = $1", statement -> statement.bind(0, id))
                .map(rows -> rows == 1);
    }

    private static @Nullable String text(@Nullable URI url) {
        return url == null ? null : url.toString();
    }

    private static Registration read(Readable row) {
        var managementUrl = row.get("management_url", String.class);
        return new Registration(
                Objects.requireNonNull(row.get("id", UUID.class)),
                Objects.requireNonNull(row.get("issuer", String.class)),
                URI.create(Objects.requireNonNull(row.get("endpoint", String.class))),
                Objects.requireNonNull(row.get("wanted", String.class)),
                row.get("scope", String.class),
                row.get("client_id", String.class),
                ClientAuthentication.valueOf(Objects.requireNonNull(row.get("authentication", String.class))),
                managementUrl == null ? null : URI.create(managementUrl),
                Json.readObject(Objects.requireNonNull(row.get("metadata", String.class))),
                row.get("secret_expires_at", Instant.class),
                Objects.requireNonNull(row.get("lost", Boolean.class)),
                row.get("registered_at", Instant.class),
                row.get("obstacle", String.class),
                row.get("not_before", Instant.class),
                Objects.requireNonNull(row.get("version", Long.class)));
    }
}
