package dev.behalf.vault.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;

/// A 256-bit AES key that encrypts one value. Who has one destroys it after use.
public final class DataKey {

    static final int BYTES = 32;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] key;
    private boolean destroyed;

    private DataKey(byte[] key) {
        this.key = key;
    }

    public static DataKey generate() {
        var key = new byte[BYTES];
        RANDOM.nextBytes(key);
        return new DataKey(key);
    }

    /// @param key is the new object's from here on
    /// @throws NotDecryptable unless it has 32 bytes
    public static DataKey of(byte[] key) {
        if (key.length != BYTES) {
            Arrays.fill(key, (byte) 0);
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        return new DataKey(key);
    }

    /// The 32 bytes themselves, not a copy: zeros once the key is destroyed.
    public byte[] reveal() {
        return key;
    }

    /// A key of its own with the same bytes, or nothing when this one is destroyed already.
    synchronized Optional<DataKey> copy() {
        return destroyed ? Optional.empty() : Optional.of(new DataKey(key.clone()));
    }

    /// Overwrites the bytes.
    public synchronized void destroy() {
        destroyed = true;
        Arrays.fill(key, (byte) 0);
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
