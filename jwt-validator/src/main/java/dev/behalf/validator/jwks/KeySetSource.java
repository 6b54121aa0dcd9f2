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
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// One key set, at one URL: at most one reading is in flight, failures are spaced out, and the last good set serves
/// until it is too old.
///
/// Its generation is the highest revision of the providers that name the URL. A reading belongs to the generation that
/// it was begun in; when a provider changes meanwhile, it is given up, and whoever waited for it waits for the next.
final class KeySetSource {

    private static final Logger log = LoggerFactory.getLogger(KeySetSource.class);
    private static final Map<String, String> ACCEPT = Map.of("Accept", "application/json, application/jwk-set+json");
    private static final Pattern MAX_AGE = Pattern.compile("(?i)(?:^|[\\s,])max-age=([0-9]{1,9})(?:$|[\\s,])");
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
    private static final String UNKNOWN_KEY = "unknown-key";
    private static final String WRONG_SIGNATURE = "wrong-signature";

    /// What is known, all from one reading, failure or change to the next.
    ///
    /// @param current whether the keys were read in this generation
    private record Known(
            @Nullable KeySet keys,
            boolean current,
            Instant readAt,
            Instant freshUntil,
            int failures,
            Instant nextTry,
            @Nullable String lastError) {

        static final Known NOTHING = new Known(null, false, Instant.EPOCH, Instant.EPOCH, 0, Instant.EPOCH, null);

        Known outdated() {
            return new Known(keys, false, readAt, Instant.EPOCH, 0, Instant.EPOCH, lastError);
        }

        Known failed(Instant retryAt, String why) {
            return new Known(keys, current, readAt, freshUntil, Math.min(failures + 1, 16), retryAt, why);
        }
    }

    private record Fetched(KeySet keys, Duration freshFor) {}

    private final String uri;
    private final HttpCaller http;
    private final JwksSettings settings;
    private final Clock clock;
    private final Workers workers;
    private final JwksMetrics metrics;
    private final Allowance unknownKeys;
    private final Allowance wrongSignatures;

    // These are written together, under the lock.
    private volatile long generation;
    private volatile @Nullable Reading reading;
    private volatile Known known = Known.NOTHING;

    KeySetSource(
            String uri, HttpCaller http, JwksSettings settings, Clock clock, Workers workers, JwksMetrics metrics) {
        this.uri = uri;
        this.http = http;
        this.settings = settings;
        this.clock = clock;
        this.workers = workers;
        this.metrics = metrics;
        var now = clock.instant();
        this.unknownKeys = new Allowance(settings.unknownKeyBurst(), settings.unknownKeyEvery(), now);
        this.wrongSignatures = new Allowance(1, settings.unknownKeyEvery().multipliedBy(3), now);
    }

    /// The keys: fresh ones, or the last good ones while those cannot be read. Fails with [KeysUnavailable] when there
    /// are none, or they are too old.
    ///
    /// @param revision of the provider that they are for; they are not older than that
    Mono<KeySet> keys(long revision) {
        return Mono.defer(() -> {
            renewFor(revision);
            var now = clock.instant();
            var k = known;
            if (k.keys != null && k.current && now.isBefore(k.freshUntil)) {
                return Mono.just(k.keys);
            }
            if (k.current || now.isBefore(k.nextTry)) {
                return lastGood(now); // whoever keeps the sets fresh is at it; nobody need wait
            }
            return read().onErrorResume(_ -> lastGood(clock.instant())).publishOn(workers.judging());
        });
    }

    /// The keys read anew because a token names one that is not among them, as far as such readings are allowed.
    Mono<KeySet> keysForUnknownId() {
        return again(unknownKeys, UNKNOWN_KEY);
    }

    /// The keys read anew because a signature by a key that is known is wrong: the issuer may have changed the key and
    /// kept its id.
    Mono<KeySet> keysForWrongSignature() {
        return again(wrongSignatures, WRONG_SIGNATURE);
    }

    /// Reads the set when it is time to, whether anybody needs it or not; what goes wrong is kept for [#state].
    Mono<Void> refresh() {
        return Mono.defer(() -> isDue() ? read() : Mono.empty())
                .onErrorResume(_ -> Mono.empty()) // whoever keeps all sets fresh goes on
                .then();
    }

    /// From now on only keys count that are read after this: a provider was changed. Older revisions change nothing.
    void renewFor(long revision) {
        if (revision <= generation) {
            return;
        }
        Reading outdated;
        synchronized (this) {
            if (revision <= generation) {
                return;
            }
            generation = revision;
            known = known.outdated();
            outdated = reading;
            reading = null;
        }
        if (outdated != null) {
            outdated.giveUp();
        }
    }

    KeySetState state() {
        var k = known;
        return new KeySetState(
                k.keys != null && k.failures == 0,
                k.keys == null ? 0 : k.keys.size(),
                k.lastError,
                k.readAt.equals(Instant.EPOCH) ? null : k.readAt);
    }

    boolean isFailing() {
        return known.failures > 0;
    }

    /// How long ago the keys were read; zero when they never were.
    Duration age() {
        var at = known.readAt;
        return at.equals(Instant.EPOCH) ? Duration.ZERO : Duration.between(at, clock.instant());
    }

    /// Old already, or old before it is looked next and the reading done, unless it was read just now.
    private boolean isDue() {
        var now = clock.instant();
        var k = known;
        if (now.isBefore(k.nextTry)) {
            return false;
        }
        var soon = now.plus(settings.checkEvery()).plus(settings.deadline());
        return !k.current || (!soon.isBefore(k.freshUntil) && !now.isBefore(k.readAt.plus(settings.refreshAtLeast())));
    }

    private Mono<KeySet> again(Allowance allowance, String cause) {
        return Mono.defer(() -> {
            var now = clock.instant();
            var running = read(() -> !now.isBefore(known.nextTry) && allowance.take(now));
            metrics.reread(cause, running.isPresent());
            return running.map(keys -> keys.onErrorResume(_ -> Mono.justOrEmpty(known.keys))
                            .publishOn(workers.judging()))
                    .orElseGet(() -> Mono.justOrEmpty(known.keys));
        });
    }

    private Mono<KeySet> lastGood(Instant now) {
        var k = known;
        if (k.keys != null && now.isBefore(k.readAt.plus(settings.staleFor()))) {
            return Mono.just(k.keys);
        }
        var wait = Duration.between(now, k.nextTry);
        return Mono.error(() -> new KeysUnavailable(
                "the issuer's keys cannot be read: " + (k.lastError == null ? "they are too old" : k.lastError),
                wait.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : wait));
    }

    /// The reading in flight, or a new one.
    private Mono<KeySet> read() {
        return read(() -> true).orElseThrow();
    }

    /// The reading in flight, or a new one if that may be; nothing when it may not.
    private Optional<Mono<KeySet>> read(BooleanSupplier mayBegin) {
        synchronized (this) {
            var running = reading;
            if (running == null) {
                if (!mayBegin.getAsBoolean()) {
                    return Optional.empty();
                }
                running = new Reading();
                reading = running;
            }
            return Optional.of(running.keys);
        }
    }

    private final class Reading {

        private final Instant begunAt = clock.instant();
        private final Sinks.Empty<Void> givenUp = Sinks.empty();

        private final Mono<KeySet> keys = Mono.defer(() -> http.get(URI.create(uri), ACCEPT))
                .single()
                .publishOn(workers.reading())
                .map(KeySetSource.this::fetched)
                .map(this::succeeded)
                .doOnError(this::failed)
                .takeUntilOther(givenUp.asMono())
                .switchIfEmpty(Mono.defer(KeySetSource.this::read))
                .cache();

        void giveUp() {
            givenUp.tryEmitEmpty().orThrow(); // once: whoever calls has taken this reading out of the source
        }

        private KeySet succeeded(Fetched fetched) {
            boolean wasFailing;
            synchronized (KeySetSource.this) {
                if (reading != this) {
                    return fetched.keys; // given up at this very moment: it counts for nobody who comes later
                }
                reading = null;
                wasFailing = known.failures > 0;
                // What was said may be as old as the question.
                known = new Known(fetched.keys, true, begunAt, begunAt.plus(fetched.freshFor), 0, Instant.EPOCH, null);
            }
            metrics.read("read", Duration.between(begunAt, clock.instant()));
            if (wasFailing) {
                log.info("The keys at {} can be read again", uri);
            }
            return fetched.keys;
        }

        private void failed(Throwable fault) {
            var why = why(fault);
            boolean isFirst;
            synchronized (KeySetSource.this) {
                if (reading != this) {
                    return;
                }
                reading = null;
                isFirst = known.failures == 0;
                known = known.failed(clock.instant().plus(pause(known.failures)), why);
            }
            metrics.read("failed", Duration.between(begunAt, clock.instant()));
            if (isFirst) {
                log.warn("The keys at {} cannot be read: {}", uri, why);
            }
        }

        private String why(Throwable fault) {
            return switch (fault) {
                case HttpCallFailed failed -> String.valueOf(failed.getMessage());
                case InvalidJwt invalid -> String.valueOf(invalid.getMessage());
                case IllegalArgumentException _ -> "the URL is malformed";
                default -> {
                    log.error("Reading the keys at {} failed", uri, fault);
                    yield "the reading failed; the validator's log says why";
                }
            };
        }
    }

    private Fetched fetched(HttpReply reply) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the key set was answered with status " + reply.status());
        }
        var keys = KeySet.parse(reply.body());
        return new Fetched(keys, keys.size() == 0 ? settings.refreshAtLeast() : freshFor(reply));
    }

    /// Doubled with each failure, up to the bound, give or take a fifth: replicas should not come in step.
    private Duration pause(int failures) {
        var pause = FIRST_BACKOFF.multipliedBy(1L << Math.min(failures, 10));
        if (pause.compareTo(settings.maxBackoff()) > 0) {
            pause = settings.maxBackoff();
        }
        return pause.multipliedBy(80 + ThreadLocalRandom.current().nextInt(40)).dividedBy(100);
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
