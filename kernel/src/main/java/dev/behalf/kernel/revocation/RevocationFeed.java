package dev.behalf.kernel.revocation;

import dev.behalf.kernel.event.TopicFollower;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.ServiceTokens;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// This replica's view of the revocations: fed by Kafka within milliseconds, and checked every few seconds
/// against the authorization server's own list (one conditional GET), so that Kafka being away delays a
/// revocation and never loses it.
///
/// No token of ours may be accepted by a view that is not [#isCurrent]: not before all revocations are known,
/// nor when nothing has confirmed it for [RevocationFeedSettings#staleFor].
@Context
@Requires(beans = RevocationFeedSettings.class)
public final class RevocationFeed {

    /// The topic on which the authorization server tells of grants and revocations.
    public static final String TOPIC = "behalf.grants.v1";

    private static final Logger log = LoggerFactory.getLogger(RevocationFeed.class);
    private static final String REVOKED = ".revoked.v1";

    private final RevocationFeedSettings settings;
    private final ServiceTokens tokens;
    private final Clock clock;
    private final URI list;
    private final HttpCaller http = HttpCaller.trusted("revocations", Duration.ofSeconds(4), 64 * 1024 * 1024);
    private final Revocations revocations;
    private final @Nullable TopicFollower follower;

    private volatile @Nullable Instant confirmedAt;
    private volatile long goodUntil; // milliseconds since 1970
    private volatile boolean full;
    private volatile String etag = "";
    private volatile String lastFault = "";
    private @Nullable Disposable polling;

    RevocationFeed(RevocationFeedSettings settings, OAuthSettings oauth, ServiceTokens tokens, Clock clock) {
        this.settings = settings;
        this.tokens = tokens;
        this.clock = clock;
        this.list = URI.create(oauth.server() + "/internal/revocations");
        this.revocations = new Revocations(settings.most());
        this.follower = settings.bootstrapServers().isBlank()
                ? null
                : new TopicFollower(
                        settings.service() + "-revocations", settings.bootstrapServers(), TOPIC, new Records());
    }

    @PostConstruct
    void start() {
        if (follower != null) {
            follower.start();
        }
        polling = Mono.defer(this::poll)
                .onErrorResume(fault -> {
                    polled(fault);
                    return Mono.empty();
                })
                .then(Mono.defer(() -> Mono.delay(nextPoll())))
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Asking for revocations ended", fault));
    }

    @PreDestroy
    void stop() {
        if (follower != null) {
            follower.close();
        }
        if (polling != null) {
            polling.dispose();
        }
    }

    /// The revocations as known now; only good while [#isCurrent].
    public Revocations now() {
        return revocations;
    }

    /// Whether all revocations have ever been known. Before that, nothing may be decided by them.
    public boolean isReady() {
        return confirmedAt != null;
    }

    /// Whether tokens may be accepted by this view.
    public boolean isCurrent() {
        return clock.millis() < goodUntil && !full;
    }

    /// How long nothing has confirmed the view; nothing yet when it was never whole.
    public @Nullable Duration age() {
        var at = confirmedAt;
        return at == null ? null : Duration.between(at, clock.instant());
    }

    private Duration nextPoll() {
        var every = isReady() ? settings.pollEvery() : settings.pollEvery().dividedBy(10);
        return every.multipliedBy(80 + ThreadLocalRandom.current().nextInt(40)).dividedBy(100);
    }

    private void polled(Throwable fault) {
        var why = String.valueOf(fault.getMessage());
        if (!why.equals(lastFault)) {
            lastFault = why;
            log.warn("No revocations from the authorization server: {}", why);
        }
    }

    private Mono<Void> poll() {
        return tokens.authorization(Audience.AUTHZ_SERVER)
                .flatMap(authorization -> {
                    var headers = new HashMap<>(authorization);
                    if (!etag.isEmpty()) {
                        headers.put("If-None-Match", etag);
                    }
                    return http.get(list, headers);
                })
                .doOnNext(this::apply)
                .then();
    }

    private void apply(HttpReply reply) {
        switch (reply.status()) {
            case 304 -> confirmed();
            case 200 -> {
                if (!(reply.json().get("revocations") instanceof List<?> all)) {
                    throw new HttpCallFailed("the list of revocations is malformed");
                }
                revocations.sweep(clock.instant());
                boolean whole = true;
                for (var item : all) {
                    whole &= add(Revocation.fromJson(asObject(item)));
                }
                full = !whole; // what was too much before may have ended since: this list is all there is
                etag = whole ? String.valueOf(reply.headers().get("ETag")) : "";
                confirmed();
            }
            case 401 -> {
                tokens.forget(Audience.AUTHZ_SERVER);
                throw new HttpCallFailed("the authorization server refused our token");
            }
            default -> throw new HttpCallFailed("the authorization server answered " + reply.status());
        }
    }

    private void confirmed() {
        var now = clock.instant();
        revocations.sweep(now);
        confirmedAt = now;
        goodUntil = now.plus(settings.staleFor()).toEpochMilli();
        lastFault = "";
    }

    private boolean add(Revocation revocation) {
        if (revocations.add(revocation, clock.instant())) {
            return true;
        }
        if (!full) {
            full = true;
            etag = ""; // only the whole list can tell that there is room again
            log.error("More than {} revocations are in force: no token of ours is accepted", settings.most());
        }
        return false;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> asObject(@Nullable Object item) {
        if (item instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new IllegalArgumentException("not a revocation");
    }

    private final class Records implements TopicFollower.Listener {

        @Override
        public void onRecord(ConsumerRecord<String, byte[]> message) {
            var type = message.headers().lastHeader("ce_type");
            if (message.value() != null
                    && type != null
                    && new String(type.value(), StandardCharsets.UTF_8).endsWith(REVOKED)) {
                var _ = add(Revocation.fromJson(Json.readObject(message.value())));
            }
        }

        @Override
        public void onCaughtUp() {
            confirmed();
        }
    }
}
