package dev.behalf.authz.client.authentication;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.time.Instant;
import reactor.core.publisher.Mono;

/// The `client_assertion` table: the assertions that were used, until they expire. Every method is one
/// statement.
@Singleton
final class ClientAssertionTable {

    private final Database database;

    ClientAssertionTable(Database database) {
        this.database = database;
    }

    /// Uses up the assertion; emits whether it was there to be used. Each call also forgets a few that have expired, so
    /// that the table never holds more than what was used of late.
    ///
    /// @param jti       its id, by the client's own word unique among its assertions
    /// @param expiresAt from when on nobody could use it again anyway
    Mono<Boolean> take(String clientId, String jti, Instant now, Instant expiresAt) {
        return database.update(
                        "WITH gone AS (DELETE FROM client_assertion WHERE digest IN (SELECT digest FROM client_assertion"
                                + " WHERE expires_at <= $3 LIMIT 10 FOR UPDATE SKIP LOCKED))"
                                + " INSERT INTO client_assertion (digest, expires_at) VALUES ($1, $2)"
                                + " ON CONFLICT DO NOTHING",
                        statement -> statement
                                .bind(0, Sha256.of(clientId + "\n" + jti).bytes())
                                .bind(1, expiresAt)
                                .bind(2, now))
                .map(rows -> rows == 1);
    }
}
