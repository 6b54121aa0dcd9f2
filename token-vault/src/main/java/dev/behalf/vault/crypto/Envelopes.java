package dev.behalf.vault.crypto;

import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Encrypts secrets, each with a fresh data key, and opens them again.
@Singleton
public final class Envelopes {

    /// The longest value that is sealed.
    public static final int MAX_PLAINTEXT_BYTES = 256 * 1024;

    private final KeyRing keys;

    Envelopes(KeyRing keys) {
        this.keys = keys;
    }

    /// Fails with [KeysUnavailable].
    ///
    /// @param plaintext stays the caller's to overwrite, after the result is there
    /// @throws IllegalArgumentException when it is longer than [#MAX_PLAINTEXT_BYTES]
    public Mono<Envelope> seal(byte[] plaintext, SealingContext context) {
        if (plaintext.length > MAX_PLAINTEXT_BYTES) {
            throw new IllegalArgumentException("a secret has at most " + MAX_PLAINTEXT_BYTES + " bytes");
        }
        return keys.newKey().map(fresh -> {
            try {
                return Envelope.seal(fresh.wrapped(), fresh.key(), plaintext, context);
            } finally {
                fresh.key().destroy();
            }
        });
    }

    /// The value, as it was sealed for that very context. Fails with [NotDecryptable] or [KeysUnavailable].
    public Mono<byte[]> open(Envelope envelope, SealingContext context) {
        return keys.unwrap(envelope.key()).map(key -> {
            try {
                return envelope.open(key, context);
            } finally {
                key.destroy();
            }
        });
    }
}
