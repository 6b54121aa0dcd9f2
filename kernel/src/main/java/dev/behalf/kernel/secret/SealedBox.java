package dev.behalf.kernel.secret;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Encrypts small values at rest with one key: AES-256-GCM, a random 96-bit nonce in front, bound to a
/// context that must be the same when opened (associated data). For at most 2^32 values a key (NIST SP 800-38D §8.3).
public final class SealedBox {

    private static final String AES_GCM = "AES/GCM/NoPadding";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int MIN_SECRET_LENGTH = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final SecretKeySpec key;

    /// @param secret at least 32 characters of high entropy; its SHA-256 is the key
    /// @throws IllegalArgumentException when it is shorter
    public SealedBox(Secret secret) {
        if (secret.reveal().length() < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "a key-encryption key has at least " + MIN_SECRET_LENGTH + " characters");
        }
        this.key = new SecretKeySpec(Sha256.of(secret.reveal()).bytes(), "AES");
    }

    /// @param context what the value belongs to, such as its table and key
    public byte[] seal(byte[] value, String context) {
        try {
            var nonce = new byte[NONCE_BYTES];
            RANDOM.nextBytes(nonce);
            var cipher = cipher(Cipher.ENCRYPT_MODE, nonce, context);
            var sealed = Arrays.copyOf(nonce, NONCE_BYTES + cipher.getOutputSize(value.length));
            cipher.doFinal(value, 0, value.length, sealed, NONCE_BYTES);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java platform has AES-GCM
        }
    }

    /// @throws CannotOpen when the value was sealed with another key or for another context, or was changed
    public byte[] open(byte[] sealed, String context) {
        if (sealed.length < NONCE_BYTES + TAG_BITS / 8) {
            throw new CannotOpen();
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, NONCE_BYTES), context)
                    .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
        } catch (AEADBadTagException e) {
            throw new CannotOpen();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String context) throws GeneralSecurityException {
        var cipher = Cipher.getInstance(AES_GCM);
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /// The sealed value is not for this key and context. Says no more on purpose.
    public static final class CannotOpen extends RuntimeException {
        CannotOpen() {
            super("the sealed value cannot be opened", null, false, false);
        }
    }
}
