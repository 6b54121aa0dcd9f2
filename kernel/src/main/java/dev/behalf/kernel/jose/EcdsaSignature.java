package dev.behalf.kernel.jose;

import java.math.BigInteger;
import java.security.SignatureException;
import java.util.Arrays;

/// ECDSA signatures: JOSE writes r and s with a fixed length (RFC 7518 §3.4), the providers want a DER sequence.
final class EcdsaSignature {

    private EcdsaSignature() {}

    /// Whether r and s are each from 1 to n - 1, and of the curve's length.
    static boolean isInRange(byte[] signature, int coordinateBytes, BigInteger order) {
        if (signature.length != 2 * coordinateBytes) {
            return false;
        }
        var r = new BigInteger(1, Arrays.copyOf(signature, coordinateBytes));
        var s = new BigInteger(1, Arrays.copyOfRange(signature, coordinateBytes, signature.length));
        return r.signum() > 0 && s.signum() > 0 && r.compareTo(order) < 0 && s.compareTo(order) < 0;
    }

    static byte[] toDer(byte[] signature) throws SignatureException {
        if (signature.length == 0 || signature.length % 2 != 0) {
            throw new SignatureException("not two numbers of one length");
        }
        int half = signature.length / 2;
        var r = new BigInteger(1, Arrays.copyOf(signature, half)).toByteArray();
        var s = new BigInteger(1, Arrays.copyOfRange(signature, half, signature.length)).toByteArray();
        int content = 4 + r.length + s.length;
        boolean longForm = content > 127;
        var der = new byte[(longForm ? 3 : 2) + content];
        int at = 0;
        der[at++] = 0x30;
        if (longForm) {
            der[at++] = (byte) 0x81;
        }
        der[at++] = (byte) content;
        at = integer(der, at, r);
        integer(der, at, s);
        return der;
    }

    /// The signature that a provider made, as r and s of that length each.
    static byte[] fromDer(byte[] der, int coordinateBytes) throws SignatureException {
        int at = der.length > 1 && der[1] == (byte) 0x81 ? 3 : 2;
        var joined = new byte[2 * coordinateBytes];
        for (int end = coordinateBytes; end <= joined.length; end += coordinateBytes) {
            if (at + 2 > der.length || der[at] != 0x02 || at + 2 + der[at + 1] > der.length) {
                throw new SignatureException("not a DER sequence of two numbers");
            }
            int length = der[at + 1];
            var number = new BigInteger(1, Arrays.copyOfRange(der, at + 2, at + 2 + length)).toByteArray();
            int skip = number.length > coordinateBytes ? 1 : 0; // the byte that only carries the sign
            System.arraycopy(number, skip, joined, end - number.length + skip, number.length - skip);
            at += 2 + length;
        }
        return joined;
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    private static int integer(byte[] der, int at, byte[] value) {
        der[at] = 0x02;
        der[at + 1] = (byte) value.length;
        System.arraycopy(value, 0, der, at + 2, value.length);
        return at + 2 + value.length;
    }
}
