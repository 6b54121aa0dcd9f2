package dev.behalf.vault.crypto;

import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;
import java.util.List;
import reactor.core.publisher.Mono;

/// Where key-encryption keys are kept. A bean of this type is one such place; [KeyRing] chooses among them.
///
/// The id of a key begins with the name of the provider and a colon. All methods fail with [KeysUnavailable]
/// when the keys cannot be reached or used now, and within a bounded time.
public interface KeyEncryptionKeys {

    /// The name of the provider, as it stands in the settings and in front of its key ids.
    String provider();

    /// Whether this key may be unwrapped with. What the database names is not trusted beyond that.
    boolean reads(String keyId);

    /// Whether it is there to unwrap with.
    default Mono<Boolean> has(String keyId) {
        return Mono.just(reads(keyId));
    }

    /// The key that wraps new data keys.
    Mono<String> currentKeyId();

    /// All keys that can be unwrapped with, as far as the provider tells.
    Mono<List<String>> keyIds();

    Mono<WrappedKey> wrap(DataKey key);

    /// Fails with [NotDecryptable] when this key did not wrap that.
    Mono<DataKey> unwrap(WrappedKey wrapped);

    /// The same data key, wrapped by the current key.
    default Mono<WrappedKey> rewrap(WrappedKey wrapped) {
        return Mono.usingWhen(unwrap(wrapped), this::wrap, key -> Mono.fromRunnable(key::destroy));
    }

    /// Makes a new key and emits its id; from then on it is the current one, in every replica. Fails with 409
    /// where keys are made elsewhere.
    default Mono<String> makeKey() {
        return Mono.error(() -> elsewhere("made"));
    }

    /// Whether [#removeKey] does anything here.
    default boolean removesKeys() {
        return false;
    }

    /// Destroys a key that is not the current one. Fails with 409 where keys are removed elsewhere.
    default Mono<Void> removeKey(String keyId) {
        return Mono.error(() -> elsewhere("removed"));
    }

    private ProblemException elsewhere(String done) {
        return new ProblemException(
                HttpStatus.CONFLICT, "keys of the provider " + provider() + " are " + done + " at the provider");
    }
}
