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
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `connect_request` table. Every method is one statement, and so atomic.
@Singleton
final class ConnectRequests {

    private static final String COLUMNS =
            "id, owner, provider, redirect_uri, scopes, reconnect, bound_to, challenge, expires_at, browser, page";

    private final Database database;

    ConnectRequests(Database database) {
        this.database = database;
    }

    /// Keeps it, and emits whether its user had few enough.
    Mono<Boolean> insert(String state, ConnectRequest request, int most, Instant now) {
        var from = request.from();
        return database.update(
                        "INSERT INTO connect_request (digest, " + COLUMNS
                                + ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12"
                                + " WHERE (SELECT count(*) FROM connect_request WHERE owner = $3 AND expires_at > $13) < $14",
                        statement -> statement
                                .bind(0, Sha256.of(state).bytes())
                                .bind(1, request.id())
                                .bind(2, request.owner())
                                .bind(3, request.provider())
                                .bind(4, request.redirectUri().toString())
                                .bind(5, request.scopes().toArray(String[]::new))
                                .bind(6, Database.orNull(UUID.class, request.reconnect()))
                                .bind(7, request.boundTo())
                                .bind(8, Database.orNull(String.class, request.challenge()))
                                .bind(9, request.expiresAt())
                                .bind(
                                        10,
                                        Database.orNull(
                                                byte[].class,
                                                from == null
                                                        ? null
                                                        : from.browser().bytes()))
                                .bind(11, Database.orNull(String.class, from == null ? null : from.page()))
                                .bind(12, now)
                                .bind(13, (long) most))
                .map(rows -> rows == 1);
    }

    /// What was begun with that state, by that owner in that browser, and is not too old.
    ///
    /// @param browser null: by an app
    Mono<ConnectRequest> find(String state, String owner, @Nullable Sha256 browser, Instant now) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM connect_request WHERE digest = $1 AND owner = $2"
                                + " AND browser IS NOT DISTINCT FROM $3 AND expires_at > $4",
                        statement -> statement
                                .bind(0, Sha256.of(state).bytes())
                                .bind(1, owner)
                                .bind(2, Database.orNull(byte[].class, browser == null ? null : browser.bytes()))
                                .bind(3, now),
                        ConnectRequests::read)
                .singleOrEmpty();
    }

    /// Takes it out, and emits whether it was there: of all who found it, one goes on.
    Mono<Boolean> take(ConnectRequest request) {
        return database.update(
                        "DELETE FROM connect_request WHERE id = $1", statement -> statement.bind(0, request.id()))
                .map(rows -> rows == 1);
    }

    /// Takes out what that program began with that challenge: it keeps the verifier.
    Mono<ConnectRequest> take(String owner, String provider, String redirectUri, String challenge) {
        return database.query(
                        "WITH taken AS (DELETE FROM connect_request WHERE owner = $1 AND provider = $2"
                                + " AND redirect_uri = $3 AND challenge = $4 AND browser IS NULL RETURNING *) SELECT "
                                + COLUMNS + " FROM taken LIMIT 1",
                        statement -> statement
                                .bind(0, owner)
                                .bind(1, provider)
                                .bind(2, redirectUri)
                                .bind(3, challenge),
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

    /// Takes out what that owner has begun, and emits how much there was.
    Mono<Long> removeOf(String owner) {
        return database.update("DELETE FROM connect_request WHERE owner = $1", statement -> statement.bind(0, owner));
    }

    private static ConnectRequest.@Nullable From from(Readable row) {
        var browser = row.get("browser", byte[].class);
        var page = row.get("page", String.class);
        return browser == null || page == null ? null : new ConnectRequest.From(Sha256.fromBytes(browser), page);
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
                row.get("challenge", String.class),
                from(row),
                Objects.requireNonNull(row.get("expires_at", Instant.class)));
    }
}
