package dev.behalf.kernel.provider;

import dev.behalf.kernel.event.TopicFollower;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.TokenSource;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// This replica's view of the registry: fed by Kafka within milliseconds, and checked every few seconds against the
/// registry's own snapshot (one conditional GET), so that Kafka being away delays a change and never loses it.
///
/// The view is ready from the first moment that it is known to be whole; after that it stays, whatever is away: its
/// age tells how long nothing has confirmed it.
@Context
@Requires(beans = ProviderFeedSettings.class)
@Requires(property = "behalf.providers.registry")
public final class ProviderFeed {

    private static final Logger log = LoggerFactory.getLogger(ProviderFeed.class);

    /// Told about every new view, on the thread that made it; must return quickly.
    @FunctionalInterface
    public interface Listener {
        void onChange(Providers before, Providers now);
    }

    private final ProviderFeedSettings settings;
    private final TokenSource tokens;
    private final Clock clock;
    private final HttpCaller http = HttpCaller.trusted("registry-snapshot", Duration.ofSeconds(4), 64 * 1024 * 1024);
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final TopicFollower follower;

    private volatile Providers now = Providers.NONE;
    private volatile @Nullable Instant confirmedAt;
    private volatile String etag = "";
    private volatile String lastFault = "";
    private @Nullable Disposable polling;

    ProviderFeed(ProviderFeedSettings settings, TokenSource tokens, Clock clock) {
        this.settings = settings;
        this.tokens = tokens;
        this.clock = clock;
        this.follower = new TopicFollower(
                settings.service() + "-providers", settings.bootstrapServers(), ProviderState.TOPIC, new Records());
    }

    @PostConstruct
    void start() {
        follower.start();
        polling = Mono.defer(this::poll)
                .onErrorResume(fault -> {
                    polled(fault);
                    return Mono.empty();
                })
                .then(Mono.defer(() -> Mono.delay(nextPoll())))
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Polling the registry ended", fault));
    }

    @PreDestroy
    void stop() {
        follower.close();
        if (polling != null) {
            polling.dispose();
        }
    }

    /// The providers as known now.
    public Providers now() {
        return now;
    }

    /// Whether the view has ever been whole. Before that, nothing may be decided by it.
    public boolean isReady() {
        return confirmedAt != null;
    }

    /// How long nothing has confirmed the view; nothing yet when it was never whole.
    public @Nullable Duration age() {
        var at = confirmedAt;
        return at == null ? null : Duration.between(at, clock.instant());
    }

    public void onChange(Listener listener) {
        listeners.add(listener);
    }

    private Duration nextPoll() {
        var every = isReady() ? settings.pollEvery() : settings.pollEvery().dividedBy(10);
        return every.multipliedBy(80 + ThreadLocalRandom.current().nextInt(40)).dividedBy(100);
    }

    private void polled(Throwable fault) {
        var why = String.valueOf(fault.getMessage());
        if (!why.equals(lastFault)) {
            lastFault = why;
            log.warn("No snapshot from the registry: {}", why);
        }
    }

    private Mono<Void> poll() {
        return tokens.authorization(Audience.IDP_REGISTRY)
                .flatMap(authorization -> {
                    var headers = new HashMap<>(authorization);
                    if (!etag.isEmpty()) {
                        headers.put("If-None-Match", etag);
                    }
                    return http.get(URI.create(settings.registry() + "/internal/identity-providers"), headers);
                })
                .doOnNext(this::applySnapshot)
                .then();
    }

    private void applySnapshot(HttpReply reply) {
        switch (reply.status()) {
            case 304 -> confirmedAt = clock.instant();
            case 200 -> {
                var json = reply.json();
                if (!(json.get("revision") instanceof Long revision)
                        || !(json.get("providers") instanceof List<?> all)) {
                    throw new HttpCallFailed("the registry's snapshot is malformed");
                }
                var states = new ArrayList<ProviderState>();
                for (var item : all) {
                    states.add(ProviderState.fromJson(asObject(item)));
                }
                change(before -> before.withSnapshot(states, revision));
                etag = String.valueOf(reply.headers().get("ETag"));
                confirmedAt = clock.instant();
            }
            case 401 -> {
                tokens.forget(Audience.IDP_REGISTRY);
                throw new HttpCallFailed("the registry refused our token");
            }
            default -> throw new HttpCallFailed("the registry answered " + reply.status());
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> asObject(@Nullable Object item) {
        if (item instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new HttpCallFailed("the registry's snapshot is malformed");
    }

    private void change(java.util.function.UnaryOperator<Providers> how) {
        synchronized (listeners) {
            var before = now;
            var after = how.apply(before);
            if (after != before) {
                now = after;
                listeners.forEach(listener -> listener.onChange(before, after));
            }
        }
    }

    private final class Records implements TopicFollower.Listener {

        @Override
        public void onRecord(ConsumerRecord<String, byte[]> message) {
            if (message.value() == null) {
                return; // a tombstone only lets compaction forget; the deleted event before it said it all
            }
            var state = ProviderState.fromJson(message.value());
            var type = message.headers().lastHeader("ce_type");
            boolean deleted =
                    type != null && ProviderState.DELETED.equals(new String(type.value(), StandardCharsets.UTF_8));
            change(before -> deleted ? before.without(state.key(), state.revision()) : before.with(state));
        }

        @Override
        public void onCaughtUp() {
            confirmedAt = clock.instant();
        }
    }
}
