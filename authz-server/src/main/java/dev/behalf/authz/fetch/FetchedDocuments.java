package dev.behalf.authz.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.authz.network.Allowances;
import dev.behalf.authz.network.Network;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// JSON documents of one kind at URLs that somebody else chose: fetched from public addresses only, one at a
/// time for each URL, without redirects, bounded in size and time, and remembered as HTTP says (RFC 9111)
/// within bounds of ours. One that was good serves for [#STALE] more when it cannot be fetched again; a failure
/// is remembered for [#FAILURE]. No host is asked more than [#BURST] times at once and then once a second, so
/// that nobody is attacked through us.
public final class FetchedDocuments<T> {

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int MAX_BYTES = 32 * 1024;
    private static final int AT_ONCE = 64;

    /// Of all that is remembered, as it came over the wire: parsed, it takes some times as much memory.
    private static final int MOST_BYTES = 8 * 1024 * 1024;

    /// What remembering costs beside the document.
    private static final int BYTES_EACH = 1024;

    private static final int BURST = 30;
    private static final Duration STALE = Duration.ofHours(1);
    private static final Duration FAILURE = Duration.ofSeconds(30);

    /// What is asked for again is not fetched again within this time.
    private static final Duration COOL_DOWN = Duration.ofSeconds(30);

    /// What came of the last fetch.
    ///
    /// @param document the last good one, or null
    /// @param bytes    its size
    /// @param fault    why there is none
    private record Held<T>(
            @Nullable T document, int bytes, String fault, Instant fetchedAt, Instant freshUntil, Instant staleUntil) {

        Mono<T> outcome() {
            return document == null ? Mono.error(() -> new HttpCallFailed(fault)) : Mono.just(document);
        }
    }

    private final HttpCaller http;
    private final BiFunction<URI, HttpReply, T> parser;
    private final Clock clock;
    private final Allowances hosts;
    private final Allowances networks;
    private final AtomicInteger underWay = new AtomicInteger();
    private final ConcurrentMap<URI, Mono<Held<T>>> inFlight = new ConcurrentHashMap<>();
    private final Cache<URI, Held<T>> held = Caffeine.newBuilder()
            .maximumWeight(MOST_BYTES)
            .<URI, Held<T>>weigher((_, one) -> BYTES_EACH + one.bytes)
            .build();

    /// @param parser makes the document of a reply whose status is 200 and whose type is JSON; refuses by
    ///               [HttpCallFailed]
    public FetchedDocuments(OutboundPolicy policy, BiFunction<URI, HttpReply, T> parser, Clock clock) {
        this.http = HttpCaller.guarded(policy, DEADLINE, MAX_BYTES);
        this.parser = parser;
        this.clock = clock;
        this.hosts = new Allowances(BURST, Duration.ofSeconds(1), clock);
        this.networks = new Allowances(2 * BURST, Duration.ofSeconds(1), clock);
    }

    /// The document. Fails with [HttpCallFailed] when there is none to be had.
    public Mono<T> get(URI uri) {
        return Mono.defer(() -> {
            var last = held.getIfPresent(uri);
            return last != null && clock.instant().isBefore(last.freshUntil) ? last.outcome() : fetched(uri);
        });
    }

    /// The document, fetched again unless that was done right now.
    public Mono<T> getAgain(URI uri) {
        return Mono.defer(() -> {
            var last = held.getIfPresent(uri);
            return last != null && clock.instant().isBefore(last.fetchedAt.plus(COOL_DOWN))
                    ? last.outcome()
                    : fetched(uri);
        });
    }

    private Mono<T> fetched(URI uri) {
        return inFlight.computeIfAbsent(uri, this::fetch).flatMap(Held::outcome);
    }

    private Mono<Held<T>> fetch(URI uri) {
        return Network.current()
                .map(Network::name)
                .defaultIfEmpty("unknown")
                .flatMap(network -> underWay.incrementAndGet() > AT_ONCE
                                || hosts.take(uri.getRawAuthority()).isPresent()
                                || networks.take(network).isPresent()
                        ? busy(uri)
                        : call(uri))
                .doFinally(_ -> underWay.decrementAndGet())
                .doOnTerminate(() -> inFlight.remove(uri)) // before anybody hears of it, and so can ask again
                .cache();
    }

    /// What was good before serves; that there is nothing else is not remembered.
    private Mono<Held<T>> busy(URI uri) {
        var failed = bad(uri, new HttpCallFailed("too many documents are asked for"));
        return failed.document == null ? Mono.error(() -> new HttpCallFailed(failed.fault)) : Mono.just(failed);
    }

    private Mono<Held<T>> call(URI uri) {
        return http.get(uri, Map.of("Accept", "application/json", "User-Agent", "Behalf"))
                .publishOn(Schedulers.parallel()) // keys take their time to read
                .map(reply -> good(uri, reply))
                .onErrorResume(HttpCallFailed.class, failed -> Mono.fromSupplier(() -> bad(uri, failed)))
                .doOnNext(outcome -> held.put(uri, outcome));
    }

    private Held<T> good(URI uri, HttpReply reply) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the server answered " + reply.status());
        }
        var type = reply.headers().get("Content-Type", "");
        if (!type.matches("(?i)application/([a-z0-9.-]+\\+)?json *(;.*)?")) {
            throw new HttpCallFailed("the document is not of a JSON type");
        }
        var document = parser.apply(uri, reply);
        var now = clock.instant();
        var freshUntil = now.plus(Freshness.of(reply.headers().getAll("Cache-Control")));
        return new Held<>(document, reply.body().length, "", now, freshUntil, freshUntil.plus(STALE));
    }

    private Held<T> bad(URI uri, HttpCallFailed failed) {
        var now = clock.instant();
        var why = String.valueOf(failed.getMessage());
        var last = held.getIfPresent(uri);
        return last != null && last.document != null && now.isBefore(last.staleUntil)
                ? new Held<>(last.document, last.bytes, why, now, now.plus(FAILURE), last.staleUntil)
                : new Held<>(null, 0, why, now, now.plus(FAILURE), now);
    }
}
