package dev.behalf.vault.audit;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The audit log of the vault. What is to be recorded is done, or given out, only after [#append] has
/// completed.
///
/// The entries of one replica that arrive while others are written are written together after them, so that the
/// chain, which has one end only, does not hold anybody up.
@Singleton
public final class AuditLog {

    private static final int MOST_WAITING = 10_000;
    private static final int BATCH = 500;
    private static final Duration WITHIN = Duration.ofSeconds(10);

    /// @param done completes after the commit
    private record Waiting(AuditEntry entry, Sinks.Empty<Void> done) {}

    private final AuditTable table;
    private final TokenDigests digests;
    private final Clock clock;
    private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicBoolean writing = new AtomicBoolean();

    AuditLog(AuditTable table, TokenDigests digests, Clock clock) {
        this.table = table;
        this.digests = digests;
        this.clock = clock;
    }

    /// Records it, and completes once that is committed. Fails with 503, within [#WITHIN], when it cannot be
    /// recorded: whoever asked gets nothing then. A caller who leaves does not take the entry back.
    public Mono<Void> append(AuditEvent event) {
        return digest(event.token())
                .flatMap(digest -> enqueue(AuditEntry.of(event, digest.orElse(null), clock.instant())))
                .timeout(WITHIN)
                .onErrorMap(TimeoutException.class, _ -> away());
    }

    /// The entries that pass the filter, in the order of their sequence.
    ///
    /// @param after the sequence that the first one comes after
    public Flux<AuditEntry> list(AuditFilter filter, long after, int limit) {
        return table.list(filter, after, limit);
    }

    /// The entries that pass the filter, the latest first.
    ///
    /// @param before the sequence that the first one comes before
    public Flux<AuditEntry> latest(AuditFilter filter, long before, int limit) {
        return table.latest(filter, before, limit);
    }

    private Mono<Optional<String>> digest(@Nullable Secret token) {
        return token == null
                ? Mono.just(Optional.empty())
                : digests.digest(token).map(Optional::of);
    }

    private Mono<Void> enqueue(AuditEntry entry) {
        return Mono.defer(() -> {
            var mine = new Waiting(entry, Sinks.empty());
            if (!waiting.offer(mine)) {
                return Mono.error(AuditLog::away);
            }
            writeNext();
            return mine.done.asMono();
        });
    }

    /// One write at a time; the end of one begins the next.
    private void writeNext() {
        while (!waiting.isEmpty() && writing.compareAndSet(false, true)) {
            var batch = new ArrayList<Waiting>();
            waiting.drainTo(batch, BATCH);
            if (batch.isEmpty()) {
                writing.set(false);
            } else {
                var _ = table.append(batch.stream().map(Waiting::entry).toList())
                        .subscribe(
                                _ -> {},
                                fault -> ended(batch, Optional.of(fault)),
                                () -> ended(batch, Optional.empty()));
                return;
            }
        }
    }

    private void ended(List<Waiting> batch, Optional<Throwable> fault) {
        writing.set(false);
        writeNext();
        for (var each : batch) {
            if (fault.isPresent()) {
                var _ = each.done.tryEmitError(fault.get());
            } else {
                var _ = each.done.tryEmitEmpty();
            }
        }
    }

    private static ProblemException away() {
        return ProblemException.unavailable("the audit log cannot be written", 2);
    }
}
