package dev.behalf.vault.crypto;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Writes fields so that different fields never give the same bytes: what is encoded and its version come
/// first, then each field with its kind and length in front. For associated data and for hashes.
public final class CanonicalBytes {

    private static final int ABSENT = 0;
    private static final int TEXT = 1;
    private static final int NUMBER = 2;
    private static final int BYTES = 3;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

    private CanonicalBytes() {}

    /// @param what    is encoded, such as `behalf.vault.secret`; two encodings never share one
    /// @param version of the encoding: another one for another list of fields
    public static CanonicalBytes of(String what, int version) {
        return new CanonicalBytes().text(what).number(version);
    }

    /// The UTF-8 bytes of the text; null differs from the empty text.
    public CanonicalBytes text(@Nullable String text) {
        return text == null ? field(ABSENT, new byte[0]) : field(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public CanonicalBytes number(long number) {
        return field(NUMBER, ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    /// Null differs from no bytes.
    public CanonicalBytes bytes(byte @Nullable [] bytes) {
        return bytes == null ? field(ABSENT, new byte[0]) : field(BYTES, bytes);
    }

    public byte[] toBytes() {
        return out.toByteArray();
    }

    private CanonicalBytes field(int kind, byte[] content) {
        out.write(kind);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(content.length).array());
        out.writeBytes(content);
        return this;
    }
}
