package dev.behalf.authz.authorize;

import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/// The `pushed_request` table: authorization requests that clients pushed (RFC 9126). One can be looked at
/// until it expires, so that a person may reload the page, and answered once.
@Singleton
final class PushedRequests {

    static final Duration LIFETIME = Duration.ofMinutes(5);

    private static final String PREFIX = "urn:ietf:params:oauth:request_uri:"; // RFC 9126 §2.2

    private final Database database;
    private final int mostPushed;
    private final Clock clock;

    PushedRequests(Database database, AuthorizationSettings settings, Clock clock) {
        this.database = database;
        this.mostPushed = settings.mostPushed();
        this.clock = clock;
    }

    /// Keeps the parameters and emits the `request_uri` for them; nothing when the client has as many as it may
    /// (those that come at the same moment may be a few more).
    Mono<String> push(OAuthRequest request, String clientId) {
        return Mono.defer(() -> {
            var now = clock.instant();
            var uri = PREFIX + Secret.random().reveal();
            return database.update(
                            "INSERT INTO pushed_request (digest, client_id, parameters, expires_at)"
                                    + " SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM pushed_request"
                                    + " WHERE client_id = $2 AND expires_at > $5) < $6",
                            statement -> statement
                                    .bind(0, digest(uri).bytes())
                                    .bind(1, clientId)
                                    .bind(2, encoded(request))
                                    .bind(3, now.plus(LIFETIME))
                                    .bind(4, now)
                                    .bind(5, (long) mostPushed))
                    .filter(rows -> rows == 1)
                    .map(_ -> uri);
        });
    }

    /// The parameters that the client pushed, or nothing when there are none, they have expired or are
    /// another's.
    Mono<OAuthRequest> find(String uri, String clientId) {
        return database.query(
                        "SELECT parameters FROM pushed_request"
                                + " WHERE digest = $1 AND client_id = $2 AND expires_at > $3",
                        statement -> statement
                                .bind(0, digest(uri).bytes())
                                .bind(1, clientId)
                                .bind(2, clock.instant()),
                        row -> OAuthRequest.parse(
                                Objects.requireNonNull(row.get("parameters", String.class)), List.of()))
                .singleOrEmpty();
    }

    /// Uses the request up, inside the caller's transaction; emits whether it was still there.
    Mono<Boolean> consume(Connection connection, Sha256 digest) {
        return Database.update(
                        connection,
                        "DELETE FROM pushed_request WHERE digest = $1 AND expires_at > $2",
                        statement -> statement.bind(0, digest.bytes()).bind(1, clock.instant()))
                .map(rows -> rows == 1);
    }

    /// The same for a request that was answered by an error.
    Mono<Void> consume(Sha256 digest) {
        return database.transaction(connection -> consume(connection, digest)).then();
    }

    Mono<Long> sweep(Instant overBy, int limit) {
        return database.update(
                "DELETE FROM pushed_request WHERE digest IN"
                        + " (SELECT digest FROM pushed_request WHERE expires_at < $1 LIMIT $2)",
                statement -> statement.bind(0, overBy).bind(1, limit));
    }

    static Sha256 digest(String uri) {
        return Sha256.of(uri);
    }

    private static String encoded(OAuthRequest request) {
        return request.parameters().entrySet().stream()
                .filter(parameter -> !parameter.getKey().startsWith("client_secret")
                        && !parameter.getKey().startsWith("client_assertion"))
                .flatMap(parameter ->
                        parameter.getValue().stream().map(value -> encoded(parameter.getKey()) + "=" + encoded(value)))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
