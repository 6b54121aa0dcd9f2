package dev.behalf.vault.crypto;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AES-256-GCM (NIST SP 800-38D): a random nonce of 96 bits in front, a tag of 128 bits behind.
public final class AesGcm {

    /// How much longer than the plaintext the sealed bytes are.
    public static final int OVERHEAD_BYTES = 12 + 16;

    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();

    /// Looking one up costs more than encrypting a token does.
    private static final ThreadLocal<Cipher> CIPHER = ThreadLocal.withInitial(AesGcm::cipher);

    private AesGcm() {}

    /// @param key            of 32 bytes; for at most 2^32 values (§8.3)
    /// @param associatedData must be the same to open it
    public static byte[] seal(byte[] key, byte[] associatedData, byte[] plaintext) {
        try {
            var nonce = new byte[NONCE_BYTES];
            RANDOM.nextBytes(nonce);
            var cipher = CIPHER.get();
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(associatedData);
            var sealed = Arrays.copyOf(nonce, OVERHEAD_BYTES + plaintext.length);
            cipher.doFinal(plaintext, 0, plaintext.length, sealed, NONCE_BYTES);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java platform has AES-GCM
        }
    }

    /// @throws NotDecryptable when it was sealed with another key or other associated data, or was changed
    public static byte[] open(byte[] key, byte[] associatedData, byte[] sealed) {
        return open(key, associatedData, sealed, 0);
    }

    static byte[] open(byte[] key, byte[] associatedData, byte[] sealed, int from) {
        if (sealed.length - from < OVERHEAD_BYTES) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        try {
            var cipher = CIPHER.get();
            var nonce = new GCMParameterSpec(TAG_BITS, sealed, from, NONCE_BYTES);
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), nonce);
            cipher.updateAAD(associatedData);
            int start = from + NONCE_BYTES;
            return cipher.doFinal(sealed, start, sealed.length - start);
        } catch (AEADBadTagException e) {
            throw new NotDecryptable(NotDecryptable.Reason.TAMPERED);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Cipher cipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
