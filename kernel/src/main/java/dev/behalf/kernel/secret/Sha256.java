package dev.behalf.kernel.secret;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// The SHA-256 digest of a secret that only needs to be recognised. Equal in constant time.
public final class Sha256 {

    private final byte[] digest;

    private Sha256(byte[] digest) {
        this.digest = digest;
    }

    /// Of the UTF-8 bytes of the text.
    public static Sha256 of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    public static Sha256 of(byte[] bytes) {
        try {
            return new Sha256(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /// A digest that was stored.
    ///
    /// @throws IllegalArgumentException unless there are 32 bytes
    public static Sha256 fromBytes(byte[] digest) {
        if (digest.length != 32) {
            throw new IllegalArgumentException("a SHA-256 digest has 32 bytes");
        }
        return new Sha256(digest.clone());
    }

    /// @throws IllegalArgumentException unless the text is 64 hexadecimal digits
    public static Sha256 fromHex(String hex) {
        var bytes = HexFormat.of().parseHex(hex);
        if (bytes.length != 32) {
            throw new IllegalArgumentException("a SHA-256 digest has 64 hexadecimal digits");
        }
        return new Sha256(bytes);
    }

    /// The 32 bytes.
    public byte[] bytes() {
        return digest.clone();
    }

    /// The digest as 64 hexadecimal digits.
    public String hex() {
        return HexFormat.of().formatHex(digest);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sha256 that && MessageDigest.isEqual(digest, that.digest);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(digest);
    }

    @Override
    public String toString() {
        return hex();
    }
}
