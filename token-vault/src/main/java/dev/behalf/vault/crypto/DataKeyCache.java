package dev.behalf.vault.crypto;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.secret.Sha256;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Data keys that were unwrapped lately, by the digest of what they were unwrapped from: bounded in number and
/// time, and overwritten when they leave.
final class DataKeyCache {

    private final Cache<Sha256, DataKey> keys;

    /// @param entries 0 remembers nothing
    DataKeyCache(int entries, Duration keepFor, Ticker ticker) {
        this.keys = Caffeine.newBuilder()
                .maximumSize(entries)
                .expireAfterWrite(keepFor)
                .ticker(ticker)
                .scheduler(Scheduler.systemScheduler()) // they leave in time even when nobody asks
                .executor(Runnable::run)
                .removalListener(DataKeyCache::left)
                .build();
    }

    /// A copy, which is the caller's to destroy.
    Optional<DataKey> get(WrappedKey wrapped) {
        var key = keys.getIfPresent(digest(wrapped));
        return key == null ? Optional.empty() : key.copy();
    }

    /// Remembers a copy, which it returns: nothing when the key is destroyed already.
    @CanIgnoreReturnValue
    Optional<DataKey> put(WrappedKey wrapped, DataKey key) {
        var copy = key.copy();
        copy.ifPresent(kept -> keys.put(digest(wrapped), kept));
        return copy;
    }

    void clear() {
        keys.invalidateAll();
    }

    private static Sha256 digest(WrappedKey wrapped) {
        return Sha256.of(CanonicalBytes.of("behalf.vault.wrapped-key", 1)
                .text(wrapped.keyId())
                .bytes(wrapped.bytes())
                .toBytes());
    }

    private static void left(@Nullable Sha256 digest, @Nullable DataKey key, RemovalCause why) {
        if (key != null) {
            key.destroy();
        }
    }
}
