package dev.behalf.vault.allowance;

import dev.behalf.kernel.database.Database;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The allowances of all connections, read from the database each time: one that was ended lets nobody in, on
/// no replica.
@Singleton
public final class Allowances {

    private static final String COLUMNS = "connection, agent, scopes, given_at, until";

    private final Database database;

    Allowances(Database database) {
        this.database = database;
    }

    public Mono<Allowance> find(UUID connection, String agent) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM allowance WHERE connection = $1 AND agent = $2",
                        statement -> statement.bind(0, connection).bind(1, agent),
                        Allowances::read)
                .singleOrEmpty();
    }

    public Flux<Allowance> ofConnection(UUID connection) {
        return database.query(
                "SELECT " + COLUMNS + " FROM allowance WHERE connection = $1 ORDER BY agent",
                statement -> statement.bind(0, connection),
                Allowances::read);
    }

    /// Gives it, in place of whatever the agent had there.
    public Mono<Void> give(Allowance allowance) {
        var scopes = allowance.scopes();
        return database.update(
                        "INSERT INTO allowance (" + COLUMNS
                                + ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (connection, agent)"
                                + " DO UPDATE SET scopes = excluded.scopes, given_at = excluded.given_at,"
                                + " until = excluded.until",
                        statement -> statement
                                .bind(0, allowance.connection())
                                .bind(1, allowance.agent())
                                .bind(
                                        2,
                                        Database.orNull(
                                                String[].class, scopes == null ? null : scopes.toArray(String[]::new)))
                                .bind(3, allowance.givenAt())
                                .bind(4, Database.orNull(Instant.class, allowance.until())))
                .then();
    }

    /// Ends it from this moment on. Emits whether there was one.
    public Mono<Boolean> end(UUID connection, String agent) {
        return database.update(
                        "DELETE FROM allowance WHERE connection = $1 AND agent = $2",
                        statement -> statement.bind(0, connection).bind(1, agent))
                .map(rows -> rows == 1);
    }

    private static Allowance read(Readable row) {
        var scopes = row.get("scopes", String[].class);
        return new Allowance(
                Objects.requireNonNull(row.get("connection", UUID.class)),
                Objects.requireNonNull(row.get("agent", String.class)),
                scopes == null ? null : Set.of(scopes),
                Objects.requireNonNull(row.get("given_at", Instant.class)),
                row.get("until", Instant.class));
    }
}
