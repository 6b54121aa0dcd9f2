package dev.behalf.vault.upstream;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Who may ask one provider now. So many at a time; after some failures in a row nobody for a while, and then
/// one, who finds out for all.
final class Breaker {

    private static final int MOST_WAITING = 10_000;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final UpstreamSettings settings;
    private final Queue<Sinks.One<Boolean>> waiting = new ArrayDeque<>();
    private int inFlight;
    private int failures;
    private @Nullable Instant openUntil;

    Breaker(UpstreamSettings settings) {
        this.settings = settings;
    }

    /// Emits, when it is the caller's turn, whether it may ask. Who may must call [#ended], whatever happens.
    synchronized Mono<Boolean> enter(Instant now) {
        if (openUntil != null) {
            boolean first = !now.isBefore(openUntil) && inFlight == 0;
            inFlight += first ? 1 : 0;
            return Mono.just(first);
        }
        if (inFlight < settings.atOnce()) {
            inFlight++;
            return Mono.just(true);
        }
        if (waiting.size() >= MOST_WAITING) {
            return Mono.just(false);
        }
        var turn = Sinks.<Boolean>one();
        waiting.add(turn);
        return turn.asMono();
    }

    void ended(boolean good, Instant now) {
        var called = new ArrayList<Sinks.One<Boolean>>();
        boolean answer = settle(good, now, called);
        called.forEach(turn -> {
            var _ = turn.tryEmitValue(answer);
        });
    }

    /// How long until it makes sense to ask again; at least a second.
    synchronized Duration pause(Instant now) {
        var left = openUntil == null ? Duration.ZERO : Duration.between(now, openUntil);
        return left.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : left;
    }

    /// Whether there is nothing to remember.
    synchronized boolean isIdle() {
        return inFlight == 0 && failures == 0;
    }

    private synchronized boolean settle(boolean good, Instant now, List<Sinks.One<Boolean>> called) {
        inFlight--;
        if (!good && openUntil != null && now.isBefore(openUntil)) {
            return false; // was on the way already when it was opened
        }
        if (good) {
            failures = 0;
            openUntil = null;
        } else if (++failures >= settings.failures()) {
            var pause = settings.pause().multipliedBy(1L << Math.min(failures - settings.failures(), 10));
            openUntil = now.plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
            called.addAll(waiting);
            waiting.clear();
            return false;
        }
        while (inFlight < settings.atOnce() && !waiting.isEmpty()) {
            inFlight++;
            called.add(waiting.remove());
        }
        return true;
    }
}
