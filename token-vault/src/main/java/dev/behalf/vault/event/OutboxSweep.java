package dev.behalf.vault.event;

import dev.behalf.kernel.database.Database;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Forgets what has waited for as long as the topic would have kept it: without Kafka, events would be kept for
/// ever.
@Context
final class OutboxSweep {

    private static final Logger log = LoggerFactory.getLogger(OutboxSweep.class);
    private static final Duration EVERY = Duration.ofMinutes(10);
    private static final int BATCH = 5_000;

    private final Database database;
    private final Clock clock;
    private @Nullable Disposable running;

    OutboxSweep(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    @PostConstruct
    void start() {
        running = Mono.delay(EVERY)
                .then(Mono.defer(this::sweep))
                .onErrorResume(fault -> {
                    log.warn("Events that waited too long were not forgotten: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Forgetting events that waited too long ended", fault));
    }

    @PreDestroy
    void stop() {
        if (running != null) {
            running.dispose();
        }
    }

    /// In steps, each of which the database soon answers.
    Mono<Void> sweep() {
        return Mono.defer(() -> database.update(
                        "DELETE FROM outbox WHERE revision IN"
                                + " (SELECT revision FROM outbox WHERE created_at < $1 ORDER BY revision LIMIT $2)",
                        statement -> statement
                                .bind(0, clock.instant().minus(ConnectionPublication.KEPT_FOR))
                                .bind(1, BATCH)))
                .doOnNext(forgotten -> {
                    if (forgotten > 0) {
                        log.warn("{} events waited too long to be published, and are forgotten", forgotten);
                    }
                })
                .repeat()
                .takeUntil(forgotten -> forgotten < BATCH)
                .then();
    }
}
