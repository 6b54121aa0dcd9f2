package dev.behalf.registry.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.registry.provider.Change;
import dev.behalf.registry.provider.ChangeRecorder;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The `outbox` (what is to be published) and the `change_log` (what was changed lately).
@Singleton
final class Outbox implements ChangeRecorder {

    /// How many changes the log keeps.
    static final int LOGGED = 10_000;

    private final Database database;
    private final Sinks.Many<Boolean> news = Sinks.many().multicast().directBestEffort();
    private final AtomicLong commits = new AtomicLong();

    Outbox(Database database) {
        this.database = database;
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
        commits.incrementAndGet();
        // No listener is no failure; two commits at once take turns.
        news.emitNext(true, Sinks.EmitFailureHandler.busyLooping(Duration.ofMillis(100)));
    }

    /// How many changes this replica has committed: to be read before looking for them, and handed to
    /// [#newsSince(long, Duration)] when there were none.
    long commits() {
        return commits.get();
    }

    /// Completes when this replica has committed a change that was not counted yet, or after the time at most: other
    /// replicas commit too.
    Mono<Void> newsSince(long counted, Duration atMost) {
        // Listening begins before the count is looked at, so that no change falls in between.
        return Flux.merge(
                        news.asFlux(),
                        Flux.defer(() -> commits.get() == counted ? Flux.never() : Flux.just(true)),
                        Mono.delay(atMost))
                .next()
                .then();
    }

    /// An event as it is kept.
    ///
    /// @param payload the data: [ProviderState#toJson]
    record Kept(UUID id, String type, String subject, long revision, Instant at, String payload) {

        /// Whether it tells of a deletion.
        boolean isDeletion() {
            return type.equals(ProviderState.DELETED);
        }

        CloudEvent attributes() {
            return new CloudEvent(
                    id.toString(),
                    "urn:behalf:idp-registry",
                    type,
                    subject,
                    at,
                    "urn:behalf:schema:identity-provider.v1",
                    revision);
        }
    }

    /// The next events to publish, the oldest first.
    Mono<List<Kept>> next(int limit) {
        return database.query(
                        "SELECT id, type, aggregateid AS subject, revision, created_at, payload FROM outbox"
                                + " ORDER BY revision LIMIT $1",
                        statement -> statement.bind(0, limit),
                        Outbox::read)
                .collectList();
    }

    /// Forgets what was published.
    Mono<Long> published(List<Kept> events) {
        return database.update(
                "DELETE FROM outbox WHERE revision = ANY($1)",
                statement ->
                        statement.bind(0, events.stream().map(Kept::revision).toArray(Long[]::new)));
    }

    /// Puts an event that cannot be published out of the way of those behind it, and keeps it for the operator.
    Mono<Long> setAside(Kept event, String reason) {
        return database.update(
                "WITH gone AS (DELETE FROM outbox WHERE revision = $1 RETURNING *) INSERT INTO dead_letter"
                        + " (revision, id, aggregatetype, aggregateid, type, payload, created_at, reason)"
                        + " SELECT revision, id, aggregatetype, aggregateid, type, payload, created_at, $2 FROM gone",
                statement -> statement.bind(0, event.revision()).bind(1, reason));
    }

    /// Every provider as it is at that revision of the registry.
    ///
    /// @param heads an event for each, as if it had just been changed, in the order of their revisions
    record Present(long revision, List<Kept> heads) {}

    /// What the topic must end with, and what a stream begins with.
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
                                row.get("subject") == null ? List.of() : List.of(read(row))))
                .collectList()
                .map(rows -> new Present(
                        rows.getFirst().revision(),
                        rows.stream().flatMap(row -> row.heads().stream()).toList()));
    }

    /// Logged changes after that revision, the oldest first.
    Mono<List<Kept>> loggedAfter(long revision, int limit) {
        return database.query(
                        "SELECT id, type, subject, revision, created_at, payload FROM change_log"
                                + " WHERE revision > $1 ORDER BY revision LIMIT $2",
                        statement -> statement.bind(0, revision).bind(1, limit),
                        Outbox::read)
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

    private static Kept read(Readable row) {
        return new Kept(
                Objects.requireNonNull(row.get("id", UUID.class)),
                Objects.requireNonNull(row.get("type", String.class)),
                Objects.requireNonNull(row.get("subject", String.class)),
                Objects.requireNonNull(row.get("revision", Long.class)),
                Objects.requireNonNull(row.get("created_at", Instant.class)),
                Objects.requireNonNull(row.get("payload", String.class)));
    }
}
