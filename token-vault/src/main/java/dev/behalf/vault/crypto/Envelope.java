package dev.behalf.vault.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// An encrypted value and the wrapped key that opens it. The two are stored apart, so that the key can be
/// wrapped anew without touching the value; [#toBytes] joins them for who has one field only.
///
/// The value, format 1: one byte 1, the nonce of 12 bytes, the ciphertext, the tag of 16 bytes (AES-256-GCM).
public final class Envelope {

    private static final int FORMAT = 1;
    private static final int MAGIC = 0x4256; // "BV"

    private final WrappedKey key;
    private final byte[] value;

    /// @throws NotDecryptable when the value is not of a known format
    public Envelope(WrappedKey key, byte[] value) {
        if (value.length < 1 + AesGcm.OVERHEAD_BYTES
                || value.length > 1 + AesGcm.OVERHEAD_BYTES + Envelopes.MAX_PLAINTEXT_BYTES
                || value[0] != FORMAT) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        this.key = key;
        this.value = value.clone();
    }

    static Envelope seal(WrappedKey wrapped, DataKey key, byte[] plaintext, SealingContext context) {
        var sealed = AesGcm.seal(key.reveal(), context.associatedData(), plaintext);
        return new Envelope(
                wrapped,
                ByteBuffer.allocate(1 + sealed.length)
                        .put((byte) FORMAT)
                        .put(sealed)
                        .array());
    }

    /// @throws NotDecryptable when it was sealed for another context or with another key, or was changed
    byte[] open(DataKey opener, SealingContext context) {
        return AesGcm.open(opener.reveal(), context.associatedData(), value, 1);
    }

    public WrappedKey key() {
        return key;
    }

    /// The encrypted value, without its key.
    public byte[] value() {
        return value.clone();
    }

    /// Both in one: `BV`, one byte 1, the key id and the wrapped key, each with its length in two bytes, the
    /// value.
    public byte[] toBytes() {
        var id = key.keyId().getBytes(StandardCharsets.UTF_8);
        var wrapped = key.bytes();
        return ByteBuffer.allocate(3 + 2 + id.length + 2 + wrapped.length + value.length)
                .putShort((short) MAGIC)
                .put((byte) FORMAT)
                .putShort((short) id.length)
                .put(id)
                .putShort((short) wrapped.length)
                .put(wrapped)
                .put(value)
                .array();
    }

    /// Reads what [#toBytes] wrote.
    ///
    /// @throws NotDecryptable when it is anything else
    public static Envelope parse(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes);
        if (in.remaining() < 3 || in.getShort() != MAGIC || in.get() != FORMAT) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        var id = text(field(in));
        var wrapped = field(in);
        var value = new byte[in.remaining()];
        in.get(value);
        return new Envelope(new WrappedKey(id, wrapped), value);
    }

    private static byte[] field(ByteBuffer in) {
        int length = in.remaining() < 2 ? Integer.MAX_VALUE : Short.toUnsignedInt(in.getShort());
        if (length > in.remaining()) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        var field = new byte[length];
        in.get(field);
        return field;
    }

    private static String text(byte[] utf8) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
    }

    @Override
    public String toString() {
        return "Envelope[" + key + "]";
    }
}
