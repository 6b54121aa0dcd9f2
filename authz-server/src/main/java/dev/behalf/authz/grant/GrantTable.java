package dev.behalf.authz.grant;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `user_grant` table. Every method is one statement.
@Singleton
final class GrantTable {

    private static final String COLUMNS =
            "gid, parent, subject, username, client_id, act, resources, scopes, auth_time," + " created_at, expires_at";

    /// What a refused refresh is judged by. The digests and sealed successors of the newest two used tokens are
    /// null where there are none.
    record Family(
            Grant grant,
            boolean revoked,
            Instant refreshUntil,
            Sha256 refresh,
            @Nullable Used previous,
            @Nullable Used older) {}

    /// A used refresh token.
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Used(Sha256 digest, Instant usedAt, byte[] successor) {}

    private final Database database;

    GrantTable(Database database) {
        this.database = database;
    }

    /// @param refresh its first refresh token, or null for none
    Mono<Void> insert(Connection connection, Grant grant, @Nullable RefreshToken refresh, Instant refreshUntil) {
        return Database.update(
                        connection,
                        "INSERT INTO user_grant (" + COLUMNS + ", last_used_at, family, refresh, refresh_until)"
                                + " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $12, $13, $14)",
                        statement -> {
                            statement
                                    .bind(0, grant.gid())
                                    .bind(2, grant.subject())
                                    .bind(3, grant.username())
                                    .bind(4, grant.clientId())
                                    .bind(5, Json.text(grant.actor().toJson()))
                                    .bind(6, grant.resources().toArray(String[]::new))
                                    .bind(7, Scope.text(grant.scopes()))
                                    .bind(8, grant.authTime())
                                    .bind(9, grant.createdAt())
                                    .bind(10, grant.expiresAt());
                            bind(statement, 1, String.class, grant.parent());
                            bind(
                                    statement,
                                    11,
                                    byte[].class,
                                    refresh == null
                                            ? null
                                            : refresh.familyDigest().bytes());
                            bind(
                                    statement,
                                    12,
                                    byte[].class,
                                    refresh == null ? null : refresh.digest().bytes());
                            return bind(statement, 13, Instant.class, refresh == null ? null : refreshUntil);
                        })
                .then();
    }

    /// Puts the successor in the place of the newest refresh token of its family, if that is the one that was
    /// shown, by the client that it was given to; emits the grant if it was.
    Mono<Grant> rotate(
            Connection connection,
            RefreshToken shown,
            RefreshToken successor,
            String clientId,
            Instant now,
            Instant idleUntil) {
        return Database.query(
                        connection,
                        "UPDATE user_grant SET older = previous, older_used_at = previous_used_at,"
                                + " older_successor = previous_successor, previous = refresh, previous_used_at = $1,"
                                + " previous_successor = $2, refresh = $3, refresh_until = least(expires_at, $4),"
                                + " last_used_at = $1"
                                + " WHERE family = $5 AND refresh = $6 AND client_id = $7 AND revoked_at IS NULL"
                                + " AND refresh_until > $1 RETURNING " + COLUMNS,
                        statement -> statement
                                .bind(0, now)
                                .bind(1, shown.seal(successor))
                                .bind(2, successor.digest().bytes())
                                .bind(3, idleUntil)
                                .bind(4, shown.familyDigest().bytes())
                                .bind(5, shown.digest().bytes())
                                .bind(6, clientId),
                        GrantTable::read)
                .singleOrEmpty();
    }

    Mono<Family> family(Connection connection, RefreshToken token) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + ", revoked_at, refresh_until, refresh, previous, previous_used_at,"
                                + " previous_successor, older, older_used_at, older_successor"
                                + " FROM user_grant WHERE family = $1",
                        statement -> statement.bind(0, token.familyDigest().bytes()),
                        GrantTable::readFamily)
                .singleOrEmpty();
    }

    Mono<Family> family(RefreshToken token) {
        return database.transaction(connection -> family(connection, token));
    }

    /// The grant if it is alive, kept from being revoked until the transaction ends.
    Mono<Grant> alive(Connection connection, String gid, Instant now) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + " FROM user_grant"
                                + " WHERE gid = $1 AND revoked_at IS NULL AND expires_at > $2 FOR SHARE",
                        statement -> statement.bind(0, gid).bind(1, now),
                        GrantTable::read)
                .singleOrEmpty();
    }

    Mono<Long> countDelegations(Connection connection, String parent, Instant now) {
        return Database.query(
                        connection,
                        "SELECT count(*) AS count FROM user_grant"
                                + " WHERE parent = $1 AND revoked_at IS NULL AND expires_at > $2",
                        statement -> statement.bind(0, parent).bind(1, now),
                        row -> Objects.requireNonNull(row.get("count", Long.class)))
                .single();
    }

    /// Marks those of the grants as revoked that are not yet, and emits them.
    Flux<String> revoke(Connection connection, Collection<String> gids, Instant now) {
        return markRevoked(connection, "gid", gids, now);
    }

    /// The same for what was directly delegated from them.
    Flux<String> revokeDelegations(Connection connection, Collection<String> parents, Instant now) {
        return markRevoked(connection, "parent", parents, now);
    }

    private static Flux<String> markRevoked(
            Connection connection, String column, Collection<String> values, Instant now) {
        return Database.query(
                connection,
                "UPDATE user_grant SET revoked_at = $2 WHERE " + column
                        + " = ANY($1) AND revoked_at IS NULL RETURNING gid",
                statement -> statement.bind(0, values.toArray(String[]::new)).bind(1, now),
                row -> text(row, "gid"));
    }

    /// Grants that are alive of that subject, of that client, or both; neither is null for both.
    Flux<String> aliveOf(Connection connection, @Nullable String subject, @Nullable String clientId, Instant now) {
        return Database.query(
                connection,
                "SELECT gid FROM user_grant WHERE ($1::text IS NULL OR subject = $1)"
                        + " AND ($2::text IS NULL OR client_id = $2) AND revoked_at IS NULL AND expires_at > $3",
                statement -> bind(bind(statement, 0, String.class, subject), 1, String.class, clientId)
                        .bind(2, now),
                row -> text(row, "gid"));
    }

    /// Grants that are alive, the newest first.
    Flux<Grant> list(@Nullable String subject, @Nullable String clientId, Instant now, int limit) {
        return database.query(
                "SELECT " + COLUMNS + " FROM user_grant WHERE ($1::text IS NULL OR subject = $1)"
                        + " AND ($2::text IS NULL OR client_id = $2) AND revoked_at IS NULL AND expires_at > $3"
                        + " ORDER BY created_at DESC, gid LIMIT $4",
                statement -> bind(bind(statement, 0, String.class, subject), 1, String.class, clientId)
                        .bind(2, now)
                        .bind(3, limit),
                GrantTable::read);
    }

    /// Forgets grants that were over by then.
    Mono<Long> sweep(Instant overBy, int limit) {
        return database.update(
                "DELETE FROM user_grant WHERE gid IN"
                        + " (SELECT gid FROM user_grant WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
                statement -> statement.bind(0, overBy).bind(1, limit));
    }

    static Grant read(Readable row) {
        return new Grant(
                text(row, "gid"),
                row.get("parent", String.class),
                text(row, "subject"),
                text(row, "username"),
                text(row, "client_id"),
                Objects.requireNonNull(Actor.of(Json.readObject(text(row, "act")))),
                List.of(Objects.requireNonNull(row.get("resources", String[].class))),
                Scope.parse(text(row, "scopes")),
                instant(row, "auth_time"),
                instant(row, "created_at"),
                instant(row, "expires_at"));
    }

    private static Family readFamily(Readable row) {
        return new Family(
                read(row),
                row.get("revoked_at", Instant.class) != null,
                instant(row, "refresh_until"),
                Objects.requireNonNull(digest(row, "refresh")),
                used(row, "previous"),
                used(row, "older"));
    }

    private static @Nullable Used used(Readable row, String name) {
        var digest = digest(row, name);
        var successor = row.get(name + "_successor", byte[].class);
        return digest == null || successor == null
                ? null
                : new Used(digest, instant(row, name + "_used_at"), successor);
    }

    private static @Nullable Sha256 digest(Readable row, String column) {
        var bytes = row.get(column, byte[].class);
        return bytes == null ? null : Sha256.fromBytes(bytes);
    }

    @CanIgnoreReturnValue
    private static <T> Statement bind(Statement statement, int index, Class<T> type, @Nullable T value) {
        return value == null ? statement.bindNull(index, type) : statement.bind(index, value);
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }

    private static Instant instant(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, Instant.class));
    }
}
