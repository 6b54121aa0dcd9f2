package dev.behalf.vault.connect;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `connect_request` table. Every method is one statement, and so atomic.
@Singleton
final class ConnectRequests {

    private static final String COLUMNS = "id, owner, provider, redirect_uri, scopes, reconnect, bound_to, expires_at";

    private final Database database;

    ConnectRequests(Database database) {
        this.database = database;
    }

    /// Keeps it, and emits whether its user had few enough.
    Mono<Boolean> insert(String state, ConnectRequest request, int most, Instant now) {
        return database.update(
                        "INSERT INTO connect_request (digest, " + COLUMNS
                                + ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9"
                                + " WHERE (SELECT count(*) FROM connect_request WHERE owner = $3 AND expires_at > $10) < $11",
                        statement -> statement
                                .bind(0, Sha256.of(state).bytes())
                                .bind(1, request.id())
                                .bind(2, request.owner())
                                .bind(3, request.provider())
                                .bind(4, request.redirectUri().toString())
                                .bind(5, request.scopes().toArray(String[]::new))
                                .bind(6, Database.orNull(UUID.class, request.reconnect()))
                                .bind(7, request.boundTo())
                                .bind(8, request.expiresAt())
                                .bind(9, now)
                                .bind(10, (long) most))
                .map(rows -> rows == 1);
    }

    /// Takes it out: the state is good once, and for whoever began it alone. Another's stays.
    Mono<ConnectRequest> take(String state, String owner) {
        return database.query(
                        "WITH taken AS (DELETE FROM connect_request WHERE digest = $1 AND owner = $2 RETURNING *) SELECT "
                                + COLUMNS + " FROM taken",
                        statement -> statement.bind(0, Sha256.of(state).bytes()).bind(1, owner),
                        ConnectRequests::read)
                .singleOrEmpty();
    }

    /// Takes out what nobody came back with.
    Flux<ConnectRequest> takeExpired(Instant now, int limit) {
        return database.query(
                "WITH taken AS (DELETE FROM connect_request WHERE digest IN (SELECT digest FROM connect_request"
                        + " WHERE expires_at <= $1 LIMIT $2) RETURNING *) SELECT " + COLUMNS + " FROM taken",
                statement -> statement.bind(0, now).bind(1, limit),
                ConnectRequests::read);
    }

    private static ConnectRequest read(Readable row) {
        return new ConnectRequest(
                Objects.requireNonNull(row.get("id", UUID.class)),
                Objects.requireNonNull(row.get("owner", String.class)),
                Objects.requireNonNull(row.get("provider", String.class)),
                URI.create(Objects.requireNonNull(row.get("redirect_uri", String.class))),
                Set.of(Objects.requireNonNull(row.get("scopes", String[].class))),
                row.get("reconnect", UUID.class),
                Objects.requireNonNull(row.get("bound_to", String.class)),
                Objects.requireNonNull(row.get("expires_at", Instant.class)));
    }
}
