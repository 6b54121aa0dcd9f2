package dev.behalf.authz.event;

import dev.behalf.kernel.database.Database;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Tells of an access token of ours whether it was revoked, from the database: at once, on every replica.
@Singleton
public final class Revocations {

    private final Database database;

    Revocations(Database database) {
        this.database = database;
    }

    /// Whether a token of that grant, if of any, with that id, issued to that client at that time, counts no
    /// more.
    public Mono<Boolean> concern(@Nullable String gid, String tokenId, String clientId, Instant issuedAt) {
        return database.query(
                        "SELECT EXISTS (SELECT 1 FROM revocation WHERE (kind = 'grant' AND id = $1)"
                                + " OR (kind = 'token' AND id = $2)"
                                + " OR (kind = 'client' AND id = $3 AND revoked_at >= $4)) AS revoked",
                        statement -> bind(statement, gid)
                                .bind(1, tokenId)
                                .bind(2, clientId)
                                .bind(3, issuedAt),
                        row -> Objects.requireNonNull(row.get("revoked", Boolean.class)))
                .single();
    }

    private static Statement bind(Statement statement, @Nullable String gid) {
        return gid == null ? statement.bindNull(0, String.class) : statement.bind(0, gid);
    }
}
