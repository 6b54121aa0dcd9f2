package dev.behalf.authz.federation;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import reactor.core.publisher.Mono;

/// The `federated_sign_in` table, where a sign-in is known by the digest of its `state`.
@Singleton
final class FederatedSignInTable {

    private final Database database;

    FederatedSignInTable(Database database) {
        this.database = database;
    }

    Mono<Long> insert(Sha256 state, Sha256 browser, FederatedSignIn signIn) {
        return database.update(
                "INSERT INTO federated_sign_in (state_digest, browser, provider, page, again, connect_to, expires_at)"
                        + " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                statement -> {
                    statement
                            .bind(0, state.bytes())
                            .bind(1, browser.bytes())
                            .bind(2, signIn.provider())
                            .bind(3, signIn.page())
                            .bind(4, signIn.again())
                            .bind(6, signIn.expiresAt());
                    return signIn.connectTo() == null
                            ? statement.bindNull(5, String.class)
                            : statement.bind(5, signIn.connectTo());
                });
    }

    /// Emits the sign-in to the first who asks for it, in the browser that began it.
    Mono<FederatedSignIn> take(Sha256 state, Sha256 browser, Instant now) {
        return database.query(
                        "DELETE FROM federated_sign_in WHERE state_digest = $1 AND browser = $2 AND expires_at > $3"
                                + " RETURNING provider, page, again, connect_to, expires_at",
                        statement -> statement
                                .bind(0, state.bytes())
                                .bind(1, browser.bytes())
                                .bind(2, now),
                        row -> new FederatedSignIn(
                                Objects.requireNonNull(row.get("provider", String.class)),
                                Objects.requireNonNull(row.get("page", String.class)),
                                Boolean.TRUE.equals(row.get("again", Boolean.class)),
                                row.get("connect_to", String.class),
                                Objects.requireNonNull(row.get("expires_at", Instant.class))))
                .singleOrEmpty();
    }

    /// Also called with each new one, so that the table holds what is under way and little else.
    Mono<Long> removeExpired(Instant now) {
        return database.update(
                "DELETE FROM federated_sign_in WHERE expires_at <= $1", statement -> statement.bind(0, now));
    }
}
