package dev.behalf.vault.rotation;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.crypto.KeyRing;
import dev.behalf.vault.secret.WrappedKeys;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What an operator does with key-encryption keys. The work of a rotation is done by [RotationWorker].
@Singleton
final class Rotations {

    private static final int SHOWN = 50;

    private final RotationTable table;
    private final RotationWorker worker;
    private final WrappedKeys wrapped;
    private final KeyRing keys;
    private final AuditLog audit;

    Rotations(RotationTable table, RotationWorker worker, WrappedKeys wrapped, KeyRing keys, AuditLog audit) {
        this.table = table;
        this.worker = worker;
        this.wrapped = wrapped;
        this.keys = keys;
        this.audit = audit;
    }

    /// Begins to wrap everything by the current key, or by a new one that is made for it. Fails with 409 while
    /// another rotation runs.
    Mono<Rotation> begin(boolean newKey, String by) {
        return table.isRunning()
                .filter(running -> !running)
                .switchIfEmpty(Mono.error(Rotations::running))
                .flatMap(_ -> audit.append(AuditEvent.of(AuditAction.KEY_ROTATED, AuditOutcome.BEGUN)
                        .by(by, null)
                        .detail(newKey ? "to a new key" : "to the current key")))
                .then(Mono.defer(() -> newKey ? keys.makeKey() : keys.currentKeyId()))
                .flatMap(key -> wrapped.countNotHeldBy(key)
                        .flatMap(total -> table.begin(key, total, by))
                        .switchIfEmpty(Mono.error(Rotations::running)))
                .doOnNext(_ -> worker.wake());
    }

    Mono<Rotation> find(UUID id) {
        return table.find(id);
    }

    Flux<Rotation> latest() {
        return table.latest(SHOWN);
    }

    /// Removes a key that holds nothing any more, for good. Fails with 409 for the current one and while it
    /// holds secrets.
    Mono<Void> remove(String keyId, String by) {
        return Mono.zip(keys.currentKeyId(), keys.has(keyId), wrapped.countByKey())
                .flatMap(state -> {
                    if (keyId.equals(state.getT1())) {
                        return Mono.error(() -> conflict("the current key cannot be removed"));
                    }
                    if (!state.getT2() && !state.getT3().containsKey(keyId)) {
                        return Mono.error(() -> ProblemException.notFound("there is no key of that id"));
                    }
                    if (!keys.removesKeys(keyId)) {
                        return Mono.error(() -> conflict("the key is removed where it is kept"));
                    }
                    return wrapped.retire(keyId);
                })
                .flatMap(holding -> holding > 0
                        ? Mono.error(() -> conflict("the key still holds " + holding + " secrets"))
                        : audit.append(AuditEvent.of(AuditAction.KEY_REMOVED, AuditOutcome.DONE)
                                        .by(by, null)
                                        .detail(keyId))
                                .then(keys.removeKey(keyId)));
    }

    private static ProblemException running() {
        return conflict("a rotation is running");
    }

    private static ProblemException conflict(String detail) {
        return new ProblemException(HttpStatus.CONFLICT, detail);
    }
}
