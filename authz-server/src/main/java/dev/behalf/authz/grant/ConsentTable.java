package dev.behalf.authz.grant;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.oauth.Scope;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The `consent` table. Every method is one statement.
@Singleton
final class ConsentTable {

    private static final String COLUMNS =
            "id, subject, client_id, client_name, client_host, anonymous, actor, resource,"
                    + " scopes, created_at, expires_at";

    /// What the person sees of a consent beyond itself.
    ///
    /// @param lastUsed  when one of its grants last got a token, or null
    /// @param delegates who it was handed on to
    record Use(Consent consent, @Nullable Instant lastUsed, List<String> delegates) {
        Use {
            delegates = List.copyOf(delegates);
        }
    }

    private final Database database;

    ConsentTable(Database database) {
        this.database = database;
    }

    /// What the person allows that agent at those resources, as far as it has not expired.
    Mono<List<Consent>> find(String subject, String clientId, String actor, Collection<String> resources, Instant now) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM consent WHERE subject = $1 AND client_id = $2 AND actor = $3"
                                + " AND resource = ANY($4) AND expires_at > $5 AND NOT ask_again",
                        statement -> statement
                                .bind(0, subject)
                                .bind(1, clientId)
                                .bind(2, actor)
                                .bind(3, resources.toArray(String[]::new))
                                .bind(4, now),
                        ConsentTable::read)
                .collectList();
    }

    /// Keeps the consent in the place of an older one for the same.
    Mono<Void> put(Connection connection, Consent consent) {
        return Database.update(
                        connection,
                        "INSERT INTO consent (" + COLUMNS + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                                + " ON CONFLICT (subject, client_id, actor, resource) DO UPDATE SET"
                                + " client_name = excluded.client_name, client_host = excluded.client_host,"
                                + " anonymous = excluded.anonymous, scopes = excluded.scopes,"
                                + " expires_at = excluded.expires_at, ask_again = false",
                        statement -> {
                            statement
                                    .bind(0, consent.id())
                                    .bind(1, consent.subject())
                                    .bind(2, consent.clientId())
                                    .bind(3, consent.clientName())
                                    .bind(5, consent.anonymous())
                                    .bind(6, consent.actor())
                                    .bind(7, consent.resource())
                                    .bind(8, Scope.text(consent.scopes()))
                                    .bind(9, consent.createdAt())
                                    .bind(10, consent.expiresAt());
                            return consent.clientHost() == null
                                    ? statement.bindNull(4, String.class)
                                    : statement.bind(4, consent.clientHost());
                        })
                .then();
    }

    /// The same, locked against removal until the caller's transaction ends, also those that have expired.
    Mono<List<Consent>> hold(
            Connection connection, String subject, String clientId, String actor, Collection<String> resources) {
        return Database.query(
                        connection,
                        "SELECT " + COLUMNS + " FROM consent WHERE subject = $1 AND client_id = $2 AND actor = $3"
                                + " AND resource = ANY($4) AND NOT ask_again ORDER BY id FOR SHARE",
                        statement -> statement
                                .bind(0, subject)
                                .bind(1, clientId)
                                .bind(2, actor)
                                .bind(3, resources.toArray(String[]::new)),
                        ConsentTable::read)
                .collectList();
    }

    /// All that a person allows, the newest first.
    Flux<Use> of(String subject, Instant now) {
        return database.query(
                "SELECT " + COLUMNS + ","
                        + " (SELECT max(g.last_used_at) FROM user_grant g WHERE g.subject = c.subject AND"
                        + " g.client_id = c.client_id AND c.resource = ANY(g.resources)) AS last_used,"
                        + " (SELECT array_agg(DISTINCT d.client_id) FROM user_grant g JOIN user_grant d"
                        + " ON d.parent = g.gid WHERE g.subject = c.subject AND g.client_id = c.client_id"
                        + " AND c.resource = ANY(g.resources) AND d.revoked_at IS NULL AND d.expires_at > $2)"
                        + " AS delegates"
                        + " FROM consent c WHERE subject = $1 AND expires_at > $2 ORDER BY created_at DESC, id LIMIT 500",
                statement -> statement.bind(0, subject).bind(1, now),
                row -> new Use(
                        read(row),
                        row.get("last_used", Instant.class),
                        List.of(Objects.requireNonNullElse(row.get("delegates", String[].class), new String[0]))));
    }

    /// Removes that consent of that person and emits it as it was, or nothing when there was none.
    Mono<Consent> remove(Connection connection, String id, String subject) {
        return Database.query(
                        connection,
                        "DELETE FROM consent WHERE id = $1 AND subject = $2 RETURNING " + COLUMNS,
                        statement -> statement.bind(0, id).bind(1, subject),
                        ConsentTable::read)
                .singleOrEmpty();
    }

    /// The ids of the grants that came of a consent and are alive.
    Flux<String> grantsOf(Connection connection, Consent consent, Instant now) {
        return Database.query(
                connection,
                "SELECT gid FROM user_grant WHERE subject = $1 AND client_id = $2 AND $3 = ANY(resources)"
                        + " AND act::jsonb ->> 'sub' = $4 AND parent IS NULL AND revoked_at IS NULL"
                        + " AND expires_at > $5",
                statement -> statement
                        .bind(0, consent.subject())
                        .bind(1, consent.clientId())
                        .bind(2, consent.resource())
                        .bind(3, consent.actor())
                        .bind(4, now),
                row -> Objects.requireNonNull(row.get("gid", String.class)));
    }

    /// Makes the consents that a grant came of count no more until the person says yes again. Those of other
    /// grants stay for the person to see.
    Mono<Long> askAgain(Connection connection, String gid) {
        return Database.update(
                connection,
                "UPDATE consent c SET ask_again = true FROM user_grant g WHERE g.gid = $1 AND g.parent IS NULL"
                        + " AND c.subject = g.subject AND c.client_id = g.client_id"
                        + " AND c.actor = g.act::jsonb ->> 'sub' AND c.resource = ANY(g.resources)",
                statement -> statement.bind(0, gid));
    }

    /// The same for all of a subject, a client, or of that subject to that client; not both are null.
    Mono<Long> askAgain(Connection connection, @Nullable String subject, @Nullable String clientId) {
        if (subject == null && clientId == null) {
            throw new IllegalArgumentException("neither a subject nor a client");
        }
        return Database.update(
                connection,
                "UPDATE consent SET ask_again = true"
                        + " WHERE ($1::text IS NULL OR subject = $1) AND ($2::text IS NULL OR client_id = $2)",
                statement -> {
                    var _ = subject == null ? statement.bindNull(0, String.class) : statement.bind(0, subject);
                    return clientId == null ? statement.bindNull(1, String.class) : statement.bind(1, clientId);
                });
    }

    /// Removes all consents of a subject or of a client; neither is null for both.
    Mono<Long> removeAll(Connection connection, @Nullable String subject, @Nullable String clientId) {
        var column = subject != null ? "subject" : "client_id";
        var value = Objects.requireNonNull(subject != null ? subject : clientId);
        return Database.update(
                connection, "DELETE FROM consent WHERE " + column + " = $1", statement -> statement.bind(0, value));
    }

    Mono<Long> sweep(Instant overBy, int limit) {
        return database.update(
                "DELETE FROM consent WHERE id IN (SELECT id FROM consent WHERE expires_at < $1 LIMIT $2)",
                statement -> statement.bind(0, overBy).bind(1, limit));
    }

    private static Consent read(Readable row) {
        return new Consent(
                text(row, "id"),
                text(row, "subject"),
                text(row, "client_id"),
                text(row, "client_name"),
                row.get("client_host", String.class),
                Objects.requireNonNull(row.get("anonymous", Boolean.class)),
                text(row, "actor"),
                text(row, "resource"),
                Scope.parse(text(row, "scopes")),
                instant(row, "created_at"),
                instant(row, "expires_at"));
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }

    private static Instant instant(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, Instant.class));
    }
}
