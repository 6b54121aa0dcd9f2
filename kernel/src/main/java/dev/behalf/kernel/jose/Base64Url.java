package dev.behalf.kernel.jose;

import java.util.Base64;
import java.util.Optional;

/// base64url without padding (RFC 7515 §2), in its one canonical form only: no other characters, no line ends, and no
/// bits left over that are not zero, so that a value has exactly one spelling.
final class Base64Url {

    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
    private static final byte[] VALUES = new byte[128];

    static {
        java.util.Arrays.fill(VALUES, (byte) -1);
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int i = 0; i < alphabet.length(); i++) {
            VALUES[alphabet.charAt(i)] = (byte) i;
        }
    }

    private Base64Url() {}

    /// The bytes, or nothing when the text is not canonical.
    static Optional<byte[]> decode(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 128 || VALUES[c] < 0) {
                return Optional.empty();
            }
        }
        int tail = length % 4;
        if (tail == 1) {
            return Optional.empty();
        }
        int unused = tail == 2 ? 0b1111 : tail == 3 ? 0b11 : 0;
        if (unused != 0 && (VALUES[text.charAt(length - 1)] & unused) != 0) {
            return Optional.empty();
        }
        return Optional.of(DECODER.decode(text));
    }
}
