package dev.behalf.vault.connection;

import dev.behalf.kernel.database.Database;
import dev.behalf.vault.upstream.AccountInfo;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `connection` table. Every method is one statement, and so atomic.
@Singleton
final class ConnectionTable {

    private static final String COLUMNS = "id, owner, provider, account, username, display_name, email, avatar_url,"
            + " profile_url, scopes, refreshable, obstacle, connected_at, issued_at, expires_at, last_used_at,"
            + " last_used_by, token_version, failures, retry_at, provider_instance, client_id, refresh_url, revocation_url";

    private final Database database;

    ConnectionTable(Database database) {
        this.database = database;
    }

    Flux<Connection> ofOwner(String owner) {
        return ofOwner(owner, Integer.MAX_VALUE);
    }

    Flux<Connection> ofOwner(String owner, int limit) {
        return database.query(
                "SELECT " + COLUMNS + " FROM connection WHERE owner = $1 ORDER BY provider, connected_at, id LIMIT $2",
                statement -> statement.bind(0, owner).bind(1, limit),
                ConnectionTable::read);
    }

    Mono<Long> count(String owner) {
        return database.query(
                        "SELECT count(*) AS n FROM connection WHERE owner = $1",
                        statement -> statement.bind(0, owner),
                        row -> Objects.requireNonNull(row.get("n", Long.class)))
                .single();
    }

    Mono<Connection> find(UUID id) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM connection WHERE id = $1",
                        statement -> statement.bind(0, id),
                        ConnectionTable::read)
                .singleOrEmpty();
    }

    Mono<Connection> find(io.r2dbc.spi.Connection connection, UUID id) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + " FROM connection WHERE id = $1",
                        statement -> statement.bind(0, id),
                        ConnectionTable::read)
                .singleOrEmpty();
    }

    Mono<Connection> find(io.r2dbc.spi.Connection connection, String owner, String provider, String account) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + " FROM connection WHERE owner = $1 AND provider = $2 AND account = $3",
                        statement -> statement.bind(0, owner).bind(1, provider).bind(2, account),
                        ConnectionTable::read)
                .singleOrEmpty();
    }

    /// Writes it, whatever of the same account was there: that keeps its id, and since when it is connected.
    Mono<Boolean> write(io.r2dbc.spi.Connection connection, Connection written) {
        var account = written.account();
        var issuance = written.issuance();
        return Database.update(
                        connection,
                        "INSERT INTO connection AS c (" + COLUMNS + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                                + " $11, NULL, $12, $13, $14, NULL, NULL, $15, 0, NULL, $16, $17, $18, $19)"
                                + " ON CONFLICT (owner, provider, account) DO UPDATE SET username = excluded.username,"
                                + " display_name = excluded.display_name, email = excluded.email,"
                                + " avatar_url = excluded.avatar_url, profile_url = excluded.profile_url,"
                                + " scopes = excluded.scopes, refreshable = excluded.refreshable, obstacle = NULL,"
                                + " issued_at = excluded.issued_at, expires_at = excluded.expires_at,"
                                + " token_version = excluded.token_version, lease_owner = NULL, lease_until = NULL,"
                                + " failures = 0, retry_at = NULL, provider_instance = excluded.provider_instance,"
                                + " client_id = excluded.client_id, refresh_url = excluded.refresh_url,"
                                + " revocation_url = excluded.revocation_url WHERE c.id = excluded.id"
                                + " AND c.token_version = excluded.token_version - 1",
                        statement -> statement
                                .bind(0, written.id())
                                .bind(1, written.owner())
                                .bind(2, written.provider())
                                .bind(3, account.id())
                                .bind(4, Database.orNull(String.class, account.username()))
                                .bind(5, Database.orNull(String.class, account.name()))
                                .bind(6, Database.orNull(String.class, account.email()))
                                .bind(7, Database.orNull(String.class, account.avatarUrl()))
                                .bind(8, Database.orNull(String.class, account.profileUrl()))
                                .bind(9, written.scopes().toArray(String[]::new))
                                .bind(10, written.refreshable())
                                .bind(11, written.connectedAt())
                                .bind(12, written.issuedAt())
                                .bind(13, Database.orNull(Instant.class, written.expiresAt()))
                                .bind(14, written.tokenVersion())
                                .bind(15, issuance.instance())
                                .bind(16, Database.orNull(String.class, issuance.clientId()))
                                .bind(17, Database.orNull(String.class, issuance.refreshUrl()))
                                .bind(18, Database.orNull(String.class, issuance.revocationUrl())))
                .map(rows -> rows == 1);
    }

    /// Takes the lease to refresh, if nobody has it and the tokens are those that were seen. Emits its number.
    Mono<Long> lease(UUID id, long seenVersion, String owner, Instant now, Instant until) {
        return database.query(
                        "UPDATE connection SET lease_owner = $3, lease_until = $4, lease_epoch = lease_epoch + 1"
                                + " WHERE id = $1 AND token_version = $2 AND obstacle IS NULL"
                                + " AND (lease_until IS NULL OR lease_until <= $5) RETURNING lease_epoch",
                        statement -> statement
                                .bind(0, id)
                                .bind(1, seenVersion)
                                .bind(2, owner)
                                .bind(3, until)
                                .bind(4, now),
                        row -> Objects.requireNonNull(row.get("lease_epoch", Long.class)))
                .singleOrEmpty();
    }

    /// The tokens were refreshed: the next version, if the one that was refreshed is still the present one.
    Mono<Boolean> refreshed(
            io.r2dbc.spi.Connection connection,
            UUID id,
            long seenVersion,
            Set<String> scopes,
            boolean refreshable,
            Instant issuedAt,
            @Nullable Instant expiresAt) {
        return Database.update(
                        connection,
                        "UPDATE connection SET token_version = token_version + 1, scopes = $3, refreshable = $4,"
                                + " issued_at = $5, expires_at = $6, lease_owner = NULL, lease_until = NULL,"
                                + " failures = 0, retry_at = NULL, obstacle = NULL WHERE id = $1 AND token_version = $2",
                        statement -> statement
                                .bind(0, id)
                                .bind(1, seenVersion)
                                .bind(2, scopes.toArray(String[]::new))
                                .bind(3, refreshable)
                                .bind(4, issuedAt)
                                .bind(5, Database.orNull(Instant.class, expiresAt)))
                .map(rows -> rows == 1);
    }

    /// Only the user can mend it; nothing changes when the tokens are not those that were seen.
    /// Emits it as it is then.
    Mono<Connection> obstructed(io.r2dbc.spi.Connection connection, UUID id, long seenVersion, String obstacle) {
        return Database.query(
                        connection,
                        "UPDATE connection SET obstacle = $3, lease_owner = NULL, lease_until = NULL"
                                + " WHERE id = $1 AND token_version = $2 AND obstacle IS NULL RETURNING " + COLUMNS,
                        statement -> statement.bind(0, id).bind(1, seenVersion).bind(2, obstacle),
                        ConnectionTable::read)
                .singleOrEmpty();
    }

    /// Gives the lease back, if it is still this one.
    ///
    /// @param failed  whether the attempt counts as a failure
    /// @param retryAt when the next may be made; null: at once
    Mono<Boolean> released(UUID id, long epoch, boolean failed, @Nullable Instant retryAt) {
        return database.update(
                        "UPDATE connection SET lease_owner = NULL, lease_until = NULL,"
                                + " failures = CASE WHEN $3 THEN failures + 1 ELSE failures END, retry_at = $4"
                                + " WHERE id = $1 AND lease_epoch = $2",
                        statement -> statement
                                .bind(0, id)
                                .bind(1, epoch)
                                .bind(2, failed)
                                .bind(3, Database.orNull(Instant.class, retryAt)))
                .map(rows -> rows == 1);
    }

    Mono<Boolean> used(UUID id, String agent, Instant at) {
        return database.update(
                        "UPDATE connection SET last_used_at = $2, last_used_by = $3 WHERE id = $1",
                        statement -> statement.bind(0, id).bind(1, at).bind(2, agent))
                .map(rows -> rows == 1);
    }

    Mono<Boolean> isConnected(UUID instance, String account) {
        return database.query(
                        "SELECT 1 FROM connection WHERE provider_instance = $1 AND account = $2 LIMIT 1",
                        statement -> statement.bind(0, instance).bind(1, account),
                        _ -> true)
                .hasElements();
    }

    Flux<Connection> ofProvider(UUID instance, UUID after, int limit) {
        return database.query(
                "SELECT " + COLUMNS + " FROM connection WHERE provider_instance = $1 AND id > $2 ORDER BY id LIMIT $3",
                statement -> statement.bind(0, instance).bind(1, after).bind(2, limit),
                ConnectionTable::read);
    }

    Mono<Long> countOfProvider(io.r2dbc.spi.Connection connection, UUID instance) {
        return Database.query(
                        connection,
                        "SELECT count(*) AS n FROM connection WHERE provider_instance = $1",
                        statement -> statement.bind(0, instance),
                        row -> Objects.requireNonNull(row.get("n", Long.class)))
                .single();
    }

    /// If its tokens are those that were seen.
    Mono<Boolean> delete(io.r2dbc.spi.Connection connection, UUID id, long seenVersion) {
        return Database.update(
                        connection,
                        "DELETE FROM connection WHERE id = $1 AND token_version = $2",
                        statement -> statement.bind(0, id).bind(1, seenVersion))
                .map(rows -> rows == 1);
    }

    Mono<Boolean> delete(io.r2dbc.spi.Connection connection, UUID id) {
        return Database.update(connection, "DELETE FROM connection WHERE id = $1", statement -> statement.bind(0, id))
                .map(rows -> rows == 1);
    }

    private static Connection read(Readable row) {
        return new Connection(
                Objects.requireNonNull(row.get("id", UUID.class)),
                text(row, "owner"),
                text(row, "provider"),
                new AccountInfo(
                        text(row, "account"),
                        row.get("username", String.class),
                        row.get("display_name", String.class),
                        row.get("email", String.class),
                        row.get("avatar_url", String.class),
                        row.get("profile_url", String.class)),
                new Issuance(
                        Objects.requireNonNull(row.get("provider_instance", UUID.class)),
                        row.get("client_id", String.class),
                        row.get("refresh_url", String.class),
                        row.get("revocation_url", String.class)),
                Set.copyOf(Arrays.asList(Objects.requireNonNull(row.get("scopes", String[].class)))),
                Objects.requireNonNull(row.get("refreshable", Boolean.class)),
                row.get("obstacle", String.class),
                Objects.requireNonNull(row.get("connected_at", Instant.class)),
                Objects.requireNonNull(row.get("issued_at", Instant.class)),
                row.get("expires_at", Instant.class),
                row.get("last_used_at", Instant.class),
                row.get("last_used_by", String.class),
                Objects.requireNonNull(row.get("token_version", Long.class)),
                Objects.requireNonNull(row.get("failures", Integer.class)),
                row.get("retry_at", Instant.class));
    }

    private static String text(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, String.class));
    }
}
