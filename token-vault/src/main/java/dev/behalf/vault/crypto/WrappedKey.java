package dev.behalf.vault.crypto;

import java.util.Arrays;

/// A data key, encrypted by a key-encryption key.
public final class WrappedKey {

    static final int MAX_KEY_ID_LENGTH = 512;
    static final int MAX_BYTES = 8 * 1024;

    private final String keyId;
    private final byte[] wrapped;

    /// @param keyId   which key-encryption key: its provider, a colon, and what that calls it
    /// @param wrapped in the provider's own form
    /// @throws NotDecryptable when either is empty or too long
    public WrappedKey(String keyId, byte[] wrapped) {
        if (keyId.isEmpty()
                || keyId.length() > MAX_KEY_ID_LENGTH
                || wrapped.length == 0
                || wrapped.length > MAX_BYTES) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        this.keyId = keyId;
        this.wrapped = wrapped.clone();
    }

    public String keyId() {
        return keyId;
    }

    public byte[] bytes() {
        return wrapped.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WrappedKey that && keyId.equals(that.keyId) && Arrays.equals(wrapped, that.wrapped);
    }

    @Override
    public int hashCode() {
        return 31 * keyId.hashCode() + Arrays.hashCode(wrapped);
    }

    @Override
    public String toString() {
        return "WrappedKey[" + keyId + "]";
    }
}
