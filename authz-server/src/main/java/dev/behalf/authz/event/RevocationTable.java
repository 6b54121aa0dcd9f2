package dev.behalf.authz.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbox.OutboxEvent;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// The `revocation` table: what access tokens that have not expired are refused for. [GrantEvents] writes it.
@Singleton
final class RevocationTable {

    private static final String COLUMNS = "kind, id, revision, revoked_at, until, reason";

    private final Database database;

    RevocationTable(Database database) {
        this.database = database;
    }

    /// All that are in force.
    Mono<List<Revocation>> live(Instant now) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM revocation WHERE until > $1",
                        statement -> statement.bind(0, now),
                        RevocationTable::read)
                .collectList();
    }

    /// A word that is another whenever any row is. To be read before the rows: they are of that version or a
    /// later.
    Mono<String> version() {
        return database.query(
                        "SELECT coalesce(md5(string_agg(revision::text, ',' ORDER BY revision)), 'none') AS version"
                                + " FROM revocation",
                        statement -> statement,
                        row -> text(row, "version"))
                .single();
    }

    /// Those in force that no waiting event tells of, as events.
    Mono<List<OutboxEvent>> settled(Instant now) {
        return database.query(
                        "SELECT " + COLUMNS + " FROM revocation r WHERE until > $1"
                                + " AND NOT EXISTS (SELECT FROM outbox o WHERE o.revision = r.revision)"
                                + " ORDER BY revision",
                        statement -> statement.bind(0, now),
                        RevocationTable::readEvent)
                .collectList();
    }

    /// Deletes what ended before then.
    Mono<Long> sweep(Instant before) {
        return database.update("DELETE FROM revocation WHERE until < $1", statement -> statement.bind(0, before));
    }

    /// Deletes events that nobody published and nobody would be helped by any more.
    Mono<Long> sweepOutbox(Instant before) {
        return database.update("DELETE FROM outbox WHERE created_at < $1", statement -> statement.bind(0, before));
    }

    private static Revocation read(Readable row) {
        return new Revocation(
                Revocation.Kind.valueOf(text(row, "kind").toUpperCase(Locale.ROOT)),
                text(row, "id"),
                Objects.requireNonNull(row.get("revoked_at", Instant.class)),
                Objects.requireNonNull(row.get("until", Instant.class)));
    }

    private static OutboxEvent readEvent(Readable row) {
        var revocation = read(row);
        return new OutboxEvent(
                UUID.randomUUID(),
                revocation.type(),
                revocation.key(),
                Objects.requireNonNull(row.get("revision", Long.class)),
                revocation.revokedAt(),
                Json.text(revocation.json(text(row, "reason"))));
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, String.class));
    }
}
