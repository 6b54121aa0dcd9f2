package dev.behalf.kernel.outbox;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Publishes the outbox to Kafka in the order of the revisions. One replica does (a lease in the database), and a
/// replica that wrongly believes it still does is fenced by Kafka. An event may be published twice, never out of order
/// and never not at all; whoever takes over first writes the present state
/// ([Publication#settled]).
///
/// While Kafka is away the events wait in the database; the service goes on.
@Context
@Requires(beans = Publication.class)
@Requires(property = "behalf.kafka.bootstrap-servers")
final class Relay {

    private static final Logger log = LoggerFactory.getLogger(Relay.class);
    private static final int BATCH = 500;
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    private final Publication publication;
    private final Outbox outbox;
    private final RelayLease lease;
    private final RelaySettings settings;
    private final Scheduler kafka = Schedulers.newSingle("relay", true);

    private @Nullable TopicWriter writer; // touched on the relay's thread only
    private long epoch;
    private boolean failing;
    private @Nullable Disposable running;

    Relay(Publication publication, Outbox outbox, RelayLease lease, RelaySettings settings) {
        this.publication = publication;
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
        kafka.schedule(this::dropWriter);
        try {
            // The database is closed after this: the lease must be given back before.
            var _ = kafka.disposeGracefully()
                    .timeout(STOP_WITHIN)
                    .onErrorComplete()
                    .then(lease.release())
                    .toFuture()
                    .get(2 * STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.warn("The lease was not given back; it runs out by itself: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Publishes what is in the outbox, or waits for news when it is empty.
    private Mono<Void> round() {
        long counted = outbox.commits();
        return lease.hold(settings.lease())
                .publishOn(kafka)
                .flatMap(held -> ready(held).then(outbox.next(BATCH)))
                .publishOn(kafka)
                .flatMap(events -> events.isEmpty() ? Mono.just(false) : publish(events))
                .defaultIfEmpty(false)
                .flatMap(more -> more ? Mono.empty() : outbox.newsSince(counted, settings.lookEvery()));
    }

    /// Has a writer of this epoch. A new one first writes the present state, so that whatever an
    /// earlier one left behind, the topic ends right.
    private Mono<Void> ready(long held) {
        if (writer != null && epoch == held) {
            return Mono.empty();
        }
        return Mono.fromRunnable(() -> {
                    dropWriter();
                    writer = new TopicWriter(settings, publication);
                    epoch = held;
                })
                .then(publication.settled())
                .publishOn(kafka)
                .doOnNext(states -> {
                    for (int from = 0; from < states.size(); from += BATCH) {
                        writeAllThatCanBe(states.subList(from, Math.min(from + BATCH, states.size())));
                    }
                    log.info("Publishing on {}; {} present states were told anew", publication.topic(), states.size());
                    failing = false;
                })
                .then();
    }

    private Mono<Boolean> publish(List<OutboxEvent> events) {
        return Mono.fromRunnable(() -> writer().write(events))
                .then(outbox.published(events))
                .onErrorResume(Unpublishable.class, fault -> {
                    var event = fault.event();
                    log.error(
                            "Set aside revision {} of {}, which cannot be published: {}",
                            event.revision(),
                            event.subject(),
                            fault.getMessage());
                    return outbox.setAside(event, String.valueOf(fault.getMessage()));
                })
                .thenReturn(true);
    }

    private void writeAllThatCanBe(List<OutboxEvent> states) {
        var rest = new ArrayList<>(states);
        while (!rest.isEmpty()) {
            try {
                writer().write(rest);
                return;
            } catch (Unpublishable fault) {
                log.error(
                        "The state of {} cannot be published: {}", fault.event().subject(), fault.getMessage());
                rest.remove(fault.event());
            }
        }
    }

    private TopicWriter writer() {
        if (writer == null) {
            throw new KafkaException("the writer was dropped");
        }
        return writer;
    }

    private Mono<Void> pauseAfter(Throwable fault) {
        return Mono.fromRunnable(() -> {
                    dropWriter();
                    if (!failing) {
                        log.warn("Changes wait to be published on {}: {}", publication.topic(), fault.toString());
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
