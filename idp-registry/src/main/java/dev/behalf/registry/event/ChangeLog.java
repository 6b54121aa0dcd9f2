package dev.behalf.registry.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbox.Outbox;
import dev.behalf.kernel.outbox.OutboxEvent;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.registry.provider.Change;
import dev.behalf.registry.provider.ChangeRecorder;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/// What was changed: kept in the `change_log` (of the last while) and the `outbox` (what is to be published).
@Singleton
final class ChangeLog implements ChangeRecorder {

    /// How many changes the log keeps.
    static final int LOGGED = 10_000;

    private final Database database;
    private final Outbox outbox;

    ChangeLog(Database database, Outbox outbox) {
        this.database = database;
        this.outbox = outbox;
    }

    @Override
    public Mono<Void> record(Connection connection, Change change) {
        var state = change.state();
        var payload = Json.text(state.toJson());
        return Database.update(
                        connection,
                        "INSERT INTO outbox (revision, id, aggregatetype, aggregateid, type, payload, created_at)"
                                + " VALUES ($1, $2, 'identity-provider', $3, $4, $5, $6)",
                        statement -> statement
                                .bind(0, state.revision())
                                .bind(1, change.id())
                                .bind(2, state.key())
                                .bind(3, change.type())
                                .bind(4, payload)
                                .bind(5, change.at()))
                .then(Database.update(
                        connection,
                        "INSERT INTO change_log (revision, id, subject, type, payload, changed_by, created_at)"
                                + " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        statement -> statement
                                .bind(0, state.revision())
                                .bind(1, change.id())
                                .bind(2, state.key())
                                .bind(3, change.type())
                                .bind(4, payload)
                                .bind(5, change.by())
                                .bind(6, change.at())))
                .then(Database.update(
                        connection,
                        "DELETE FROM change_log WHERE revision <= $1",
                        statement -> statement.bind(0, state.revision() - LOGGED)))
                .then();
    }

    @Override
    public void committed() {
        outbox.committed();
    }

    /// Every provider as it is at that revision of the registry.
    ///
    /// @param heads an event for each, as if it had just been changed, in the order of their revisions
    record Present(long revision, List<OutboxEvent> heads) {}

    /// What a stream begins with.
    Mono<Present> present() {
        return database.query(
                        "SELECT last.revision AS last, gen_random_uuid() AS id, '" + ProviderState.UPDATED
                                + "' AS type,"
                                + " p.namespace || '/' || p.name AS subject, p.revision, p.changed_at AS created_at,"
                                + " p.resource AS payload"
                                + " FROM registry_revision last LEFT JOIN identity_provider p ON true"
                                + " ORDER BY p.revision",
                        statement -> statement,
                        row -> new Present(
                                Objects.requireNonNull(row.get("last", Long.class)),
                                row.get("subject") == null ? List.of() : List.of(OutboxEvent.read(row))))
                .collectList()
                .map(rows -> new Present(
                        rows.getFirst().revision(),
                        rows.stream().flatMap(row -> row.heads().stream()).toList()));
    }

    /// The providers that no waiting event tells of, as events: the others follow with those events.
    Mono<List<OutboxEvent>> settled() {
        return database.query(
                        "SELECT gen_random_uuid() AS id, '" + ProviderState.UPDATED + "' AS type,"
                                + " namespace || '/' || name AS subject, revision, changed_at AS created_at,"
                                + " resource AS payload FROM identity_provider"
                                + " WHERE revision < ALL (SELECT revision FROM outbox) ORDER BY revision",
                        statement -> statement,
                        OutboxEvent::read)
                .collectList();
    }

    /// Logged changes after that revision, the oldest first.
    Mono<List<OutboxEvent>> loggedAfter(long revision, int limit) {
        return database.query(
                        "SELECT id, type, subject, revision, created_at, payload FROM change_log"
                                + " WHERE revision > $1 ORDER BY revision LIMIT $2",
                        statement -> statement.bind(0, revision).bind(1, limit),
                        OutboxEvent::read)
                .collectList();
    }

    /// Whether every change after that revision is still in the log.
    Mono<Boolean> isLoggedSince(long revision) {
        return database.query(
                        "SELECT $1 <= revision AND ($1 = revision OR EXISTS"
                                + " (SELECT FROM change_log WHERE change_log.revision = $1 + 1)) AS logged"
                                + " FROM registry_revision",
                        statement -> statement.bind(0, revision),
                        row -> Boolean.TRUE.equals(row.get("logged", Boolean.class)))
                .single();
    }
}
