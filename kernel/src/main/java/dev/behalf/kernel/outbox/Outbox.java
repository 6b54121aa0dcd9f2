package dev.behalf.kernel.outbox;

import dev.behalf.kernel.database.Database;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The reading end of the `outbox`: what is to be published.
@Singleton
@Requires(beans = Publication.class)
public final class Outbox {

    private final Database database;
    private final Sinks.Many<Boolean> news = Sinks.many().multicast().directBestEffort();
    private final AtomicLong commits = new AtomicLong();

    Outbox(Database database) {
        this.database = database;
    }

    /// Says after a commit that there is something to publish.
    public void committed() {
        commits.incrementAndGet();
        // No listener is no failure; two commits at once take turns.
        news.emitNext(true, Sinks.EmitFailureHandler.busyLooping(Duration.ofMillis(100)));
    }

    /// How many changes this replica has committed: to be read before looking for them, and handed to
    /// [#newsSince(long, Duration)] when there were none.
    public long commits() {
        return commits.get();
    }

    /// Completes when this replica has committed a change that was not counted yet, or after the time at most: other
    /// replicas commit too.
    public Mono<Void> newsSince(long counted, Duration atMost) {
        // Listening begins before the count is looked at, so that no change falls in between.
        return Flux.merge(
                        news.asFlux(),
                        Flux.defer(() -> commits.get() == counted ? Flux.never() : Flux.just(true)),
                        Mono.delay(atMost))
                .next()
                .then();
    }

    /// The next events to publish, the oldest first.
    Mono<List<OutboxEvent>> next(int limit) {
        return database.query(
                        "SELECT id, type, aggregateid AS subject, revision, created_at, payload FROM outbox"
                                + " ORDER BY revision LIMIT $1",
                        statement -> statement.bind(0, limit),
                        OutboxEvent::read)
                .collectList();
    }

    /// Forgets what was published.
    Mono<Long> published(List<OutboxEvent> events) {
        return database.update(
                "DELETE FROM outbox WHERE revision = ANY($1)",
                statement -> statement.bind(
                        0, events.stream().map(OutboxEvent::revision).toArray(Long[]::new)));
    }

    /// Puts an event that cannot be published out of the way of those behind it, and keeps it for the operator.
    Mono<Long> setAside(OutboxEvent event, String reason) {
        return database.update(
                "WITH gone AS (DELETE FROM outbox WHERE revision = $1 RETURNING *) INSERT INTO dead_letter"
                        + " (revision, id, aggregatetype, aggregateid, type, payload, created_at, reason)"
                        + " SELECT revision, id, aggregatetype, aggregateid, type, payload, created_at, $2 FROM gone",
                statement -> statement.bind(0, event.revision()).bind(1, reason));
    }
}
