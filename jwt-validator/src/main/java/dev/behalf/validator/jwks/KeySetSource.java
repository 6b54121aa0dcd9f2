package dev.behalf.validator.jwks;

import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// One key set, at one URL: at most one reading is in flight, failures are spaced out, and the last good set serves
/// until it is too old.
final class KeySetSource {

    private static final Logger log = LoggerFactory.getLogger(KeySetSource.class);
    private static final Pattern MAX_AGE = Pattern.compile("(?:^|[\\s,])max-age=([0-9]{1,9})(?:$|[\\s,])");
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);

    /// What is known, all from one reading or failure to the next.
    private record Known(
            @Nullable KeySet keys,
            Instant readAt,
            Instant freshUntil,
            int failures,
            Instant nextTry,
            @Nullable String lastError) {}

    private final URI uri;
    private final HttpCaller http;
    private final JwksSettings settings;
    private final Clock clock;
    private final Scheduler worker;
    private final Allowance unknownKeys;
    private final Allowance wrongSignatures;
    private final AtomicReference<@Nullable Mono<KeySet>> inFlight = new AtomicReference<>();
    private volatile Known known;

    KeySetSource(URI uri, HttpCaller http, JwksSettings settings, Clock clock, Scheduler worker) {
        this.uri = uri;
        this.http = http;
        this.settings = settings;
        this.clock = clock;
        this.worker = worker;
        var now = clock.instant();
        this.known = new Known(null, Instant.EPOCH, Instant.EPOCH, 0, Instant.EPOCH, null);
        this.unknownKeys = new Allowance(settings.unknownKeyBurst(), settings.unknownKeyEvery(), now);
        this.wrongSignatures = new Allowance(1, settings.unknownKeyEvery().multipliedBy(3), now);
    }

    /// The keys: fresh ones, or the last good ones while those cannot be read. Fails with [KeysUnavailable] when there
    /// are none, or they are too old.
    Mono<KeySet> keys() {
        return Mono.defer(() -> {
            var now = clock.instant();
            var before = known;
            var keys = before.keys;
            if (keys != null && now.isBefore(before.freshUntil)) {
                return Mono.just(keys);
            }
            boolean justOld = keys != null && before.freshUntil.isAfter(Instant.EPOCH);
            if (justOld || now.isBefore(before.nextTry)) {
                return lastGood(now); // whoever keeps the sets fresh is at it; nobody need wait
            }
            return read().onErrorResume(HttpCallFailed.class, _ -> lastGood(clock.instant()));
        });
    }

    /// The keys read anew because a token names one that is not among them, as far as such readings are allowed.
    Mono<KeySet> keysForUnknownId() {
        return again(unknownKeys);
    }

    /// The keys read anew because a signature by a key that is known is wrong: the issuer may have changed the key and
    /// kept its id.
    Mono<KeySet> keysForWrongSignature() {
        return again(wrongSignatures);
    }

    /// Reads the set now, before anybody needs it; what goes wrong is kept for [#state].
    Mono<Void> refresh() {
        return Mono.defer(() -> clock.instant().isBefore(known.nextTry) ? Mono.empty() : read())
                .onErrorResume(fault -> {
                    if (!(fault instanceof HttpCallFailed)) {
                        log.error("Reading the keys at {} failed", uri, fault);
                    }
                    return Mono.empty(); // whoever keeps all sets fresh goes on
                })
                .then();
    }

    /// Whether a set read now would still be fresh at that time.
    boolean isFreshAt(Instant time) {
        return time.isBefore(known.freshUntil);
    }

    /// From now on the set counts as old: the provider was changed.
    void expire() {
        var k = known;
        known = new Known(k.keys, k.readAt, Instant.EPOCH, 0, Instant.EPOCH, k.lastError);
    }

    KeySetState state() {
        var k = known;
        return new KeySetState(
                k.keys != null && k.failures == 0,
                k.keys == null ? 0 : k.keys.size(),
                k.lastError,
                k.readAt.equals(Instant.EPOCH) ? null : k.readAt);
    }

    private Mono<KeySet> again(Allowance allowance) {
        return Mono.defer(() -> {
            var keys = known.keys;
            var now = clock.instant();
            var running = inFlight.get();
            if (running == null && (now.isBefore(known.nextTry) || !allowance.take(now))) {
                return Mono.justOrEmpty(keys);
            }
            return read().onErrorResume(HttpCallFailed.class, _ -> Mono.justOrEmpty(keys));
        });
    }

    private Mono<KeySet> lastGood(Instant now) {
        var k = known;
        if (k.keys != null && now.isBefore(k.readAt.plus(settings.staleFor()))) {
            return Mono.just(k.keys);
        }
        var wait = Duration.between(now, k.nextTry);
        return Mono.error(() -> new KeysUnavailable(
                "the issuer's keys cannot be read: " + k.lastError,
                wait.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : wait));
    }

    private Mono<KeySet> read() {
        // Whoever comes while a reading is in flight waits for that one.
        var mine = http.get(uri, Map.of("Accept", "application/json, application/jwk-set+json"))
                .publishOn(worker)
                .map(this::accept)
                .onErrorMap(InvalidJwt.class, fault -> new HttpCallFailed(String.valueOf(fault.getMessage())))
                .doOnError(this::fail)
                .doFinally(_ -> inFlight.set(null))
                .cache();
        var running = inFlight.compareAndExchange(null, mine);
        return running == null ? mine : running;
    }

    private KeySet accept(HttpReply reply) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the key set was answered with status " + reply.status());
        }
        var keys = KeySet.parse(reply.body());
        var now = clock.instant();
        var fresh = keys.size() == 0 ? settings.refreshAtLeast() : freshFor(reply);
        if (known.failures > 0) {
            log.info("The keys at {} can be read again", uri);
        }
        known = new Known(keys, now, now.plus(fresh), 0, Instant.EPOCH, null);
        return keys;
    }

    private void fail(Throwable fault) {
        var k = known;
        int failures = Math.min(k.failures + 1, 16);
        var pause = FIRST_BACKOFF.multipliedBy(1L << Math.min(failures - 1, 10));
        if (pause.compareTo(settings.maxBackoff()) > 0) {
            pause = settings.maxBackoff();
        }
        pause = pause.multipliedBy(80 + ThreadLocalRandom.current().nextInt(40)).dividedBy(100);
        var why = fault instanceof HttpCallFailed ? String.valueOf(fault.getMessage()) : "it failed";
        if (k.failures == 0) {
            log.warn("The keys at {} cannot be read: {}", uri, why);
        }
        known = new Known(
                k.keys, k.readAt, k.freshUntil, failures, clock.instant().plus(pause), why);
    }

    private Duration freshFor(HttpReply reply) {
        var age = settings.refreshEvery();
        var matcher = MAX_AGE.matcher(reply.headers().get("Cache-Control", ""));
        if (matcher.find()) {
            var said = Duration.ofSeconds(Long.parseLong(matcher.group(1)));
            age = said.compareTo(age) < 0 ? said : age;
        }
        return age.compareTo(settings.refreshAtLeast()) < 0 ? settings.refreshAtLeast() : age;
    }
}
