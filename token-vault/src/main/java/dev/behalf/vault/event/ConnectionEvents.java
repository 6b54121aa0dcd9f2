package dev.behalf.vault.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbox.Outbox;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Keeps what is to be told of connections in the transaction that makes it so, so that there is never one
/// without the other. It is published a moment after the commit: the transaction should end soon.
@Singleton
public final class ConnectionEvents {

    /// When the relay looks after what was kept: most transactions have ended by then. Those that have not wait
    /// for its next look, half a second later at most.
    private static final Duration LOOK_AFTER = Duration.ofMillis(20);

    private final Outbox outbox;

    ConnectionEvents(Outbox outbox) {
        this.outbox = outbox;
    }

    /// These happened, in this order, if the transaction is committed.
    public Mono<Void> tell(Connection transaction, List<ConnectionEvent> events) {
        if (events.isEmpty()) {
            return Mono.empty();
        }
        return Database.update(
                        transaction,
                        "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at)"
                                + " SELECT id, 'connection', subject, type, payload, at FROM unnest($1::uuid[],"
                                + " $2::text[], $3::text[], $4::text[], $5::timestamptz[])"
                                + " WITH ORDINALITY AS n (id, subject, type, payload, at, nth) ORDER BY nth",
                        statement -> statement
                                .bind(
                                        0,
                                        events.stream()
                                                .map(_ -> UUID.randomUUID())
                                                .toArray(UUID[]::new))
                                .bind(
                                        1,
                                        texts(
                                                events,
                                                event -> event.connection().toString()))
                                .bind(2, texts(events, event -> event.kind().type()))
                                .bind(3, texts(events, event -> Json.text(event.json())))
                                .bind(
                                        4,
                                        events.stream().map(ConnectionEvent::at).toArray(Instant[]::new)))
                .doOnNext(_ -> announce())
                .then();
    }

    private void announce() {
        var _ = Schedulers.parallel().schedule(outbox::committed, LOOK_AFTER.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static String[] texts(List<ConnectionEvent> events, Function<ConnectionEvent, String> part) {
        return events.stream().map(part).toArray(String[]::new);
    }
}
