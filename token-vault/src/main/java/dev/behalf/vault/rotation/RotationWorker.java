package dev.behalf.vault.rotation;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.crypto.KeyRing;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.crypto.WrappedKey;
import dev.behalf.vault.secret.DamageReport;
import dev.behalf.vault.secret.WrappedKeys;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Works on the running rotation, in whichever replica has its lease: batch after batch, each recorded before
/// the next, so that another replica goes on where this one ended. No connection is held while the keys are
/// asked. A secret that is written meanwhile keeps the key that it was written with.
///
/// A pass goes through all secrets once; it is the last when it leaves only those behind that cannot be
/// unwrapped.
@Context
final class RotationWorker {

    private static final Logger log = LoggerFactory.getLogger(RotationWorker.class);
    private static final int REST = 4;
    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    private final RotationTable table;
    private final WrappedKeys wrapped;
    private final KeyRing keys;
    private final DamageReport damage;
    private final RotationSettings settings;
    private final String owner = UUID.randomUUID().toString();
    private final Sinks.Many<Boolean> calls = Sinks.many().multicast().directBestEffort();
    private @Nullable Disposable running;

    RotationWorker(
            RotationTable table, WrappedKeys wrapped, KeyRing keys, DamageReport damage, RotationSettings settings) {
        this.table = table;
        this.wrapped = wrapped;
        this.keys = keys;
        this.damage = damage;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        running = Flux.merge(
                        calls.asFlux(),
                        Flux.interval(Duration.ZERO, settings.lookEvery()).map(_ -> true))
                .onBackpressureLatest()
                .concatMap(_ -> work(), 1)
                .subscribe(_ -> {}, fault -> log.error("The rotation of keys ended", fault));
    }

    /// There is something to do.
    void wake() {
        // Nobody listening, or listening already, is no failure: it is looked for regularly.
        var _ = calls.tryEmitNext(true);
    }

    @PreDestroy
    void stop() {
        if (running == null || running.isDisposed()) {
            return;
        }
        running.dispose();
        try {
            var _ = table.giveBack(owner).toFuture().get(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("The lease was not given back; it runs out by itself: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Mono<Void> work() {
        return table.take(owner, settings.lease())
                .flatMap(rotation -> steps(rotation)
                        .onErrorResume(
                                KeysUnavailable.class,
                                fault -> table.obstacle(rotation.id(), owner, fault.reason())
                                        .then()))
                .onErrorResume(fault -> {
                    if (fault instanceof ProblemException away) {
                        log.warn("The rotation of keys waits: {}", away.getMessage());
                    } else {
                        log.error("The rotation of keys failed and is tried again", fault);
                    }
                    return Mono.empty();
                });
    }

    /// Batches until the end, or until another replica has the lease.
    private Mono<Void> steps(Rotation rotation) {
        return paced(rotation)
                .expand(next -> next.finishedAt() == null ? paced(next) : Mono.empty())
                .then();
    }

    /// Whoever wants a token comes first: after a batch it rests for a multiple of the time that the batch
    /// took.
    private Mono<Rotation> paced(Rotation rotation) {
        return step(rotation).timed().flatMap(done -> {
            var rest = done.elapsedSinceSubscription().multipliedBy(REST);
            var longest = settings.lease().dividedBy(REST);
            return Mono.just(done.get()).delayElement(rest.compareTo(longest) < 0 ? rest : longest);
        });
    }

    private Mono<Rotation> step(Rotation rotation) {
        return wrapped.notHeldBy(rotation.toKey(), rotation.position(), settings.batch())
                .flatMap(batch -> batch.isEmpty() ? endOfPass(rotation) : exchange(rotation, batch));
    }

    private Mono<Rotation> exchange(Rotation rotation, List<WrappedKeys.Stored> batch) {
        return Flux.fromIterable(batch)
                .flatMap(this::rewrapped, settings.parallel())
                .collectList()
                .flatMap(exchanges -> wrapped.exchange(exchanges)
                        .flatMap(done -> table.progress(
                                new Rotation(
                                        rotation.id(),
                                        exchanges.isEmpty()
                                                ? rotation.toKey()
                                                : exchanges.getLast().after().keyId(),
                                        rotation.total(),
                                        rotation.done() + done,
                                        rotation.failed() + batch.size() - exchanges.size(),
                                        batch.getLast().id(),
                                        null,
                                        rotation.startedBy(),
                                        rotation.startedAt(),
                                        null),
                                owner,
                                settings.lease())));
    }

    /// Nothing when the data key cannot be unwrapped, which is reported.
    private Mono<WrappedKeys.Exchange> rewrapped(WrappedKeys.Stored stored) {
        return Mono.fromSupplier(stored::key)
                .flatMap(keys::rewrap)
                .map((WrappedKey after) -> new WrappedKeys.Exchange(stored, after))
                .onErrorResume(
                        NotDecryptable.class,
                        fault -> damage.undecryptable(stored.label(), fault.reason())
                                .then(Mono.empty()));
    }

    private Mono<Rotation> endOfPass(Rotation rotation) {
        return wrapped.countNotHeldBy(rotation.toKey())
                .map(left -> left <= rotation.failed() ? Optional.<Rotation>empty() : Optional.of(rotation))
                .flatMap(again -> again.isPresent()
                        ? table.progress(
                                new Rotation(
                                        rotation.id(),
                                        rotation.toKey(),
                                        rotation.total(),
                                        rotation.done(),
                                        0,
                                        0,
                                        null,
                                        rotation.startedBy(),
                                        rotation.startedAt(),
                                        null),
                                owner,
                                settings.lease())
                        : table.finish(rotation.id(), owner)
                                .doOnNext(_ -> log.info(
                                        "All secrets but {} are wrapped by {}", rotation.failed(), rotation.toKey()))
                                .then(Mono.empty()));
    }
}
