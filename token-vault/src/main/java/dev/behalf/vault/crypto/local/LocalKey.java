package dev.behalf.vault.crypto.local;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.crypto.AesGcm;
import dev.behalf.vault.crypto.CanonicalBytes;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.WrappedKey;

/// A key-encryption key of 256 bits. Its id is a digest of it, so that a damaged key is noticed before it wraps
/// anything.
final class LocalKey {

    static final String PREFIX = "local:";
    private static final String GIVEN_PREFIX = "secret:";
    private static final int ID_DIGITS = 16;

    private final String id;
    private final byte[] key;

    private LocalKey(String id, byte[] key) {
        this.id = id;
        this.key = key;
    }

    static LocalKey generate() {
        var key = DataKey.generate().reveal();
        return new LocalKey(idOf(key), key);
    }

    /// The key that comes of a secret: anybody who has the secret has it.
    static LocalKey ofSecret(Secret secret) {
        var key = Sha256.of(CanonicalBytes.of("behalf.vault.secret-key", 1)
                        .text(secret.reveal())
                        .toBytes())
                .bytes();
        return new LocalKey(GIVEN_PREFIX + digits(key), key);
    }

    /// @throws IllegalArgumentException when the key is not the one of that id
    static LocalKey of(String id, byte[] key) {
        if (key.length != 32 || !idOf(key).equals(id)) {
            throw new IllegalArgumentException("the key " + id + " is not whole");
        }
        return new LocalKey(id, key);
    }

    String id() {
        return id;
    }

    byte[] reveal() {
        return key;
    }

    WrappedKey wrap(DataKey data) {
        return new WrappedKey(id, AesGcm.seal(key, associatedData(), data.reveal()));
    }

    DataKey unwrap(WrappedKey wrapped) {
        return DataKey.of(AesGcm.open(key, associatedData(), wrapped.bytes()));
    }

    private byte[] associatedData() {
        return CanonicalBytes.of("behalf.vault.data-key", 1).text(id).toBytes();
    }

    private static String idOf(byte[] key) {
        return PREFIX + digits(key);
    }

    private static String digits(byte[] key) {
        var digest = Sha256.of(
                CanonicalBytes.of("behalf.vault.local-key-id", 1).bytes(key).toBytes());
        return digest.hex().substring(0, ID_DIGITS);
    }

    @Override
    public String toString() {
        return "LocalKey[" + id + "]";
    }
}
