package dev.behalf.authz.authorize;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The `authorization_code` table. A code is used up by one statement, whatever comes of it then: who holds a
/// code but not its verifier gets one try.
@Singleton
public final class AuthorizationCodes {

    /// RFC 7636 §4.1.
    private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

    private static final String COLUMNS =
            "client_id, redirect_uri, challenge, gid, subject, username, actor, resources,"
                    + " scopes, nonce, auth_time, grant_until, expires_at";

    private final Clock clock;
    private final Database database;

    AuthorizationCodes(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /// Issues a code, inside the caller's transaction.
    Mono<Secret> issue(Connection connection, AuthorizationCode code) {
        return Mono.defer(() -> {
            var secret = Secret.random();
            return Database.update(
                            connection,
                            "INSERT INTO authorization_code (digest, " + COLUMNS
                                    + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                            statement -> {
                                statement
                                        .bind(0, Sha256.of(secret.reveal()).bytes())
                                        .bind(1, code.clientId())
                                        .bind(3, code.challenge())
                                        .bind(4, code.gid())
                                        .bind(5, code.subject())
                                        .bind(6, code.username())
                                        .bind(7, code.actor())
                                        .bind(8, code.resources().toArray(String[]::new))
                                        .bind(9, Scope.text(code.scopes()))
                                        .bind(11, code.authTime())
                                        .bind(12, code.grantUntil())
                                        .bind(13, code.expiresAt());
                                var _ = code.redirectUri() == null
                                        ? statement.bindNull(2, String.class)
                                        : statement.bind(2, code.redirectUri());
                                return code.nonce() == null
                                        ? statement.bindNull(10, String.class)
                                        : statement.bind(10, code.nonce());
                            })
                    .thenReturn(secret);
        });
    }

    /// Uses the code up, inside the caller's transaction, which must commit whatever comes of it.
    ///
    /// @param clientId    who shows it; to anybody else it is unknown
    /// @param redirectUri as in the token request, or null
    public Mono<Redemption> redeem(
            Connection connection, String code, String clientId, @Nullable String redirectUri, String verifier) {
        return Mono.defer(() -> {
            var digest = Sha256.of(code);
            var now = clock.instant();
            return Database.query(
                            connection,
                            "UPDATE authorization_code SET redeemed_at = $1"
                                    + " WHERE digest = $2 AND client_id = $3 AND redeemed_at IS NULL RETURNING "
                                    + COLUMNS,
                            statement -> statement
                                    .bind(0, now)
                                    .bind(1, digest.bytes())
                                    .bind(2, clientId),
                            AuthorizationCodes::read)
                    .singleOrEmpty()
                    .map(found -> judge(found, redirectUri, verifier, now))
                    .switchIfEmpty(Mono.defer(() -> replayed(connection, digest, clientId)))
                    .defaultIfEmpty(Redemption.Refused.UNKNOWN);
        });
    }

    private static Redemption judge(
            AuthorizationCode code, @Nullable String redirectUri, String verifier, Instant now) {
        if (!now.isBefore(code.expiresAt())) {
            return Redemption.Refused.EXPIRED;
        }
        // OAuth 2.1 has no redirect_uri here, RFC 6749 §4.1.3 demands it: who sends one must send the right one.
        if (redirectUri != null && !redirectUri.equals(code.redirectUri())) {
            return Redemption.Refused.OTHER_REDIRECT_URI;
        }
        return matches(code.challenge(), verifier) ? new Redemption.Redeemed(code) : Redemption.Refused.WRONG_VERIFIER;
    }

    /// RFC 7636 §4.6.
    private static boolean matches(String challenge, String verifier) {
        return VERIFIER.matcher(verifier).matches()
                && Sha256.fromBytes(Base64.getUrlDecoder().decode(challenge)).equals(Sha256.of(verifier));
    }

    private static Mono<Redemption> replayed(Connection connection, Sha256 digest, String clientId) {
        return Database.<Redemption>query(
                        connection,
                        "SELECT gid FROM authorization_code WHERE digest = $1 AND client_id = $2",
                        statement -> statement.bind(0, digest.bytes()).bind(1, clientId),
                        row -> new Redemption.Replayed(Objects.requireNonNull(row.get("gid", String.class))))
                .singleOrEmpty();
    }

    /// Forgets codes that had expired by then.
    Mono<Long> sweep(Instant overBy, int limit) {
        return database.update(
                "DELETE FROM authorization_code WHERE digest IN"
                        + " (SELECT digest FROM authorization_code WHERE expires_at < $1 LIMIT $2)",
                statement -> statement.bind(0, overBy).bind(1, limit));
    }

    private static AuthorizationCode read(Readable row) {
        return new AuthorizationCode(
                text(row, "client_id"),
                row.get("redirect_uri", String.class),
                text(row, "challenge"),
                text(row, "gid"),
                text(row, "subject"),
                text(row, "username"),
                text(row, "actor"),
                List.of(Optional.ofNullable(row.get("resources", String[].class))
                        .orElseThrow()),
                Scope.parse(text(row, "scopes")),
                row.get("nonce", String.class),
                instant(row, "auth_time"),
                instant(row, "grant_until"),
                instant(row, "expires_at"));
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }

    private static Instant instant(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, Instant.class));
    }
}
