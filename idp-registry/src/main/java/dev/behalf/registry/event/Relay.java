package dev.behalf.registry.event;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Publishes the outbox to Kafka in the order of the revisions. One replica does (a lease in the database), and a
/// replica
/// that wrongly believes it still does is fenced by Kafka. An event may be published twice, never out of order and
/// never
/// not at all; whoever takes over first writes the present state of every provider.
///
/// While Kafka is away the events wait in the database; the registry goes on.
@Context
@Requires(property = "behalf.kafka.bootstrap-servers")
final class Relay {

    private static final Logger log = LoggerFactory.getLogger(Relay.class);
    private static final int BATCH = 500;
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    private final Outbox outbox;
    private final RelayLease lease;
    private final RelaySettings settings;
    private final Scheduler kafka = Schedulers.newSingle("relay", true);

    private @Nullable TopicWriter writer; // touched on the relay's thread only
    private long epoch;
    private boolean failing;
    private @Nullable Disposable running;

    Relay(Outbox outbox, RelayLease lease, RelaySettings settings) {
        this.outbox = outbox;
        this.lease = lease;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        running = Mono.defer(this::round)
                .onErrorResume(this::pauseAfter)
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("The relay ended", fault));
    }

    @PreDestroy
    void stop() {
        if (running != null) {
            running.dispose();
        }
        var _ = Mono.fromRunnable(this::dropWriter)
                .subscribeOn(kafka)
                .then(lease.release())
                .onErrorComplete() // it runs out by itself
                .doFinally(_ -> kafka.dispose())
                .subscribe();
    }

    /// Publishes until the outbox is empty, then waits for news.
    private Mono<Void> round() {
        return lease.hold(settings.lease())
                .publishOn(kafka)
                .flatMap(held -> ready(held).then(outbox.next(BATCH)))
                .publishOn(kafka)
                .flatMap(events ->
                        events.isEmpty() ? Mono.just(false) : publish(events).thenReturn(true))
                .defaultIfEmpty(false)
                .flatMap(more -> more ? Mono.empty() : waitForNews());
    }

    private Mono<Void> waitForNews() {
        return Mono.firstWithSignal(
                outbox.news().next().then(), Mono.delay(settings.lookEvery()).then());
    }

    private Mono<Void> ready(long held) {
        if (writer != null && epoch == held) {
            return Mono.empty();
        }
        return Mono.fromRunnable(() -> {
                    dropWriter();
                    writer = new TopicWriter(settings);
                    epoch = held;
                })
                .then(outbox.heads())
                .publishOn(kafka)
                .doOnNext(heads -> {
                    if (!heads.isEmpty()) {
                        write(heads);
                    }
                    log.info("Publishing changes of {} identity providers", heads.size());
                    failing = false;
                })
                .then();
    }

    private Mono<Long> publish(List<Outbox.Kept> events) {
        return Mono.fromRunnable(() -> write(events)).then(outbox.published(events));
    }

    private void write(List<Outbox.Kept> events) {
        var current = writer;
        if (current == null) {
            throw new KafkaException("the writer was dropped");
        }
        current.write(events);
    }

    private Mono<Void> pauseAfter(Throwable fault) {
        return Mono.fromRunnable(() -> {
                    dropWriter();
                    if (!failing) {
                        log.warn("Changes wait to be published: {}", fault.toString());
                        failing = true;
                    }
                })
                .subscribeOn(kafka)
                .then(Mono.delay(PAUSE_AFTER_FAILURE))
                .then();
    }

    private void dropWriter() {
        if (writer != null) {
            writer.close();
            writer = null;
        }
    }
}
