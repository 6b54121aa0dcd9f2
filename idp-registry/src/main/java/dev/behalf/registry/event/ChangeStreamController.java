package dev.behalf.registry.event;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.outbox.Outbox;
import dev.behalf.kernel.outbox.OutboxEvent;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.sse.Event;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The changes as server-sent events, for subscribers without Kafka: the same CloudEvents, in structured form, with the
/// revision as id. A subscriber that reconnects with `Last-Event-ID` misses nothing; one that starts, or was away for
/// too long, gets a `reset` event (forget what you know), the present state of every provider, and a `current` event
/// (this is all), before the changes.
///
/// Nothing is queued for a subscriber: each reads the log at its own pace.
@Controller
final class ChangeStreamController {

    /// The most subscribers of one replica.
    private static final int MOST = 200;

    private static final int RETRY_AFTER_SECONDS = 10;
    private static final int BATCH = 100;
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final ChangeLog changes;
    private final Outbox outbox;
    private final AtomicInteger subscribers = new AtomicInteger();

    ChangeStreamController(ChangeLog changes, Outbox outbox) {
        this.changes = changes;
        this.outbox = outbox;
    }

    @Get(
            uris = {"/api/identity-provider-events", "/api/v1/identity-provider-events"},
            produces = MediaType.TEXT_EVENT_STREAM)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<HttpResponse<Flux<Event<String>>>> changes(HttpHeaders headers) {
        long last = lastEventId(headers);
        if (subscribers.get() >= MOST) {
            throw ProblemException.unavailable("there are " + MOST + " subscribers already", RETRY_AFTER_SECONDS);
        }
        // What can fail before the first event fails here, where it can still be a status.
        return changes.isLoggedSince(last)
                .flatMap(resumable -> resumable && last > 0
                        ? Mono.just(follow(last))
                        : changes.present().map(this::fromTheBeginning))
                .map(events -> HttpResponse.ok(
                        events.doFirst(subscribers::incrementAndGet).doFinally(_ -> subscribers.decrementAndGet())));
    }

    private Flux<Event<String>> fromTheBeginning(ChangeLog.Present present) {
        var about = Json.text(Map.of("revision", present.revision()));
        // No id on the first: whoever loses the connection amid the state must not resume behind it.
        var reset = Event.of(about).name("reset");
        var current = Event.of(about).name("current").id(Long.toString(present.revision()));
        return Flux.concat(
                Flux.just(reset),
                Flux.fromIterable(present.heads()).map(ChangeStreamController::event),
                Flux.just(current),
                follow(present.revision()));
    }

    private Flux<Event<String>> follow(long after) {
        var at = new AtomicLong(after);
        var news = Mono.defer(() -> {
                    long counted = outbox.commits();
                    return changes.loggedAfter(at.get(), BATCH)
                            .flatMap(batch -> batch.isEmpty()
                                    ? outbox.newsSince(counted, LOOK_EVERY).thenReturn(batch)
                                    : Mono.just(batch));
                })
                .repeat()
                .concatMap(batch -> events(batch, at), 1);
        var heartbeats = Flux.interval(HEARTBEAT)
                .onBackpressureDrop()
                .map(_ -> Event.of("").comment("still here").name("heartbeat"));
        return Flux.merge(news, heartbeats);
    }

    private static Flux<Event<String>> events(List<OutboxEvent> batch, AtomicLong at) {
        if (!batch.isEmpty()) {
            at.set(batch.getLast().revision());
        }
        return Flux.fromIterable(batch).map(ChangeStreamController::event);
    }

    private static Event<String> event(OutboxEvent kept) {
        var json = new LinkedHashMap<String, Object>(
                ProviderPublication.cloudEvent(kept).attributes());
        json.put("datacontenttype", "application/json");
        json.put("data", Json.readObject(kept.payload()));
        return Event.of(Json.text(json)).id(Long.toString(kept.revision())).name(kept.type());
    }

    private static long lastEventId(HttpHeaders headers) {
        var value = headers.get("Last-Event-ID");
        if (value == null || value.isEmpty()) {
            return 0;
        }
        if (!value.matches("[0-9]{1,18}")) {
            throw ProblemException.badRequest("Last-Event-ID must be the id of an event of this stream");
        }
        return Long.parseLong(value);
    }
}
