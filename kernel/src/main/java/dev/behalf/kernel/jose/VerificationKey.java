package dev.behalf.kernel.jose;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A public key of an issuer (RFC 7517): what it is for is checked when it is read and again when it is used.
final class VerificationKey {

    private static final int MIN_RSA_BITS = 2048;
    private static final int MAX_RSA_BITS = 8192;

    /// What BoringSSL takes; the platform would take more, and both must say the same of a key.
    private static final int MAX_EXPONENT_BITS = 33;

    private static final int MAX_KEY_ID = 512;

    private enum EcCurve {
        P_256("P-256", "secp256r1", 32, JwsAlgorithm.ES256),
        P_384("P-384", "secp384r1", 48, JwsAlgorithm.ES384),
        P_521("P-521", "secp521r1", 66, JwsAlgorithm.ES512);

        private final String jwkName;
        private final int coordinateBytes;
        private final JwsAlgorithm algorithm;

        @SuppressWarnings("ImmutableEnumChecker") // it has no setters
        private final ECParameterSpec parameters;

        EcCurve(String jwkName, String standardName, int coordinateBytes, JwsAlgorithm algorithm) {
            this.jwkName = jwkName;
            this.coordinateBytes = coordinateBytes;
            this.algorithm = algorithm;
            try {
                var all = AlgorithmParameters.getInstance("EC");
                all.init(new ECGenParameterSpec(standardName));
                this.parameters = all.getParameterSpec(ECParameterSpec.class);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every Java platform has the NIST curves
            }
        }

        static EcCurve named(@Nullable Object name) {
            for (var curve : values()) {
                if (curve.jwkName.equals(name)) {
                    return curve;
                }
            }
            throw new UnusableKey("its curve is not accepted");
        }
    }

    private final Crypto crypto;
    private final String keyType;
    private final PublicKey key;
    private final byte[] material;
    private final @Nullable String id;
    private final @Nullable JwsAlgorithm only;
    private final @Nullable EcCurve curve;

    private VerificationKey(
            Crypto crypto, String keyType, PublicKey key, Map<String, @Nullable Object> jwk, @Nullable EcCurve curve) {
        this.crypto = crypto;
        this.keyType = keyType;
        this.key = key;
        this.material = key.getEncoded();
        this.id = keyId(jwk);
        this.only = algorithm(jwk);
        this.curve = curve;
        boolean otherType = only != null && !only.keyType().equals(keyType);
        boolean otherCurve = only != null && curve != null && only != curve.algorithm;
        if (otherType || otherCurve) {
            throw new UnusableKey("its alg does not fit its type");
        }
    }

    /// Reads a key that may check signatures.
    ///
    /// @throws UnusableKey when it is none
    static VerificationKey of(Map<String, @Nullable Object> jwk, Crypto crypto) {
        forSignatures(jwk);
        try {
            return switch (String.valueOf(jwk.get("kty"))) {
                case "RSA" -> rsa(jwk, crypto);
                case "EC" -> ec(jwk, crypto);
                case "OKP" -> ed25519(jwk, crypto);
                default -> throw new UnusableKey("its type is not accepted");
            };
        } catch (GeneralSecurityException e) {
            throw new UnusableKey("it is not a key");
        }
    }

    /// The `kid`, or nothing when it has none.
    Optional<String> id() {
        return Optional.ofNullable(id);
    }

    /// Whether both are the same key, whatever they are called.
    boolean isSameAs(VerificationKey other) {
        return java.util.Arrays.equals(material, other.material);
    }

    /// Whether there is an algorithm whose signatures could be checked with either.
    boolean isRivalOf(VerificationKey other) {
        return java.util.Arrays.stream(JwsAlgorithm.values())
                .anyMatch(algorithm -> fits(algorithm) && other.fits(algorithm));
    }

    /// Whether signatures of that algorithm may be checked with it.
    boolean fits(JwsAlgorithm algorithm) {
        return algorithm.keyType().equals(keyType)
                && (only == null || only.isSameAs(algorithm))
                && (curve == null || curve.algorithm == algorithm);
    }

    boolean verifies(RawJwt jwt) {
        return verifies(jwt.algorithm(), jwt.signingInput(), jwt.signature());
    }

    /// Whether the signature over those bytes is right, in the form of RFC 7518 §3 and RFC 8037 §3.1.
    boolean verifies(JwsAlgorithm algorithm, byte[] input, byte[] signature) {
        if (!fits(algorithm)) {
            return false;
        }
        if (curve != null && !EcdsaSignature.isInRange(signature, curve.coordinateBytes, curve.parameters.getOrder())) {
            return false;
        }
        return crypto.verify(algorithm, key, input, signature);
    }

    private static void forSignatures(Map<String, @Nullable Object> jwk) {
        if (jwk.containsKey("d")) {
            throw new UnusableKey("its private part is published, so anybody can sign with it");
        }
        if (jwk.containsKey("use") && !"sig".equals(jwk.get("use"))) {
            throw new UnusableKey("its use is not sig");
        }
        if (jwk.containsKey("key_ops")
                && !(jwk.get("key_ops") instanceof List<?> operations && operations.contains("verify"))) {
            throw new UnusableKey("its key_ops do not allow to verify");
        }
    }

    private static @Nullable String keyId(Map<String, @Nullable Object> jwk) {
        return switch (jwk.get("kid")) {
            case null -> null;
            case String id when id.length() <= MAX_KEY_ID -> id;
            default -> throw new UnusableKey("its kid is not a short string");
        };
    }

    private static @Nullable JwsAlgorithm algorithm(Map<String, @Nullable Object> jwk) {
        if (!jwk.containsKey("alg")) {
            return null;
        }
        return Optional.ofNullable(jwk.get("alg"))
                .filter(String.class::isInstance)
                .flatMap(name -> JwsAlgorithm.named(String.valueOf(name)))
                .orElseThrow(() -> new UnusableKey("its alg is not accepted"));
    }

    private static VerificationKey rsa(Map<String, @Nullable Object> jwk, Crypto crypto)
            throws GeneralSecurityException {
        var modulus = number(jwk, "n");
        var exponent = number(jwk, "e");
        int bits = modulus.bitLength();
        if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
            throw new UnusableKey("its modulus has not from " + MIN_RSA_BITS + " to " + MAX_RSA_BITS + " bits");
        }
        if (exponent.compareTo(BigInteger.valueOf(3)) < 0
                || !exponent.testBit(0)
                || exponent.bitLength() > MAX_EXPONENT_BITS
                || !modulus.testBit(0)) {
            throw new UnusableKey("its exponent or modulus is not sound");
        }
        if (Roca.isVulnerable(modulus)) {
            throw new UnusableKey("it was made by a faulty generator (CVE-2017-15361)");
        }
        var key = crypto.publicKey("RSA", new RSAPublicKeySpec(modulus, exponent));
        return new VerificationKey(crypto, "RSA", key, jwk, null);
    }

    private static VerificationKey ec(Map<String, @Nullable Object> jwk, Crypto crypto)
            throws GeneralSecurityException {
        var curve = EcCurve.named(jwk.get("crv"));
        var point = new ECPoint(coordinate(jwk, "x", curve), coordinate(jwk, "y", curve));
        if (!isOnCurve(point, curve.parameters)) {
            throw new UnusableKey("its point is not on the curve");
        }
        var key = crypto.publicKey("EC", new ECPublicKeySpec(point, curve.parameters));
        return new VerificationKey(crypto, "EC", key, jwk, curve);
    }

    private static VerificationKey ed25519(Map<String, @Nullable Object> jwk, Crypto crypto)
            throws GeneralSecurityException {
        if (!"Ed25519".equals(jwk.get("crv"))) {
            throw new UnusableKey("its curve is not accepted");
        }
        var x = bytes(jwk, "x");
        if (x.length != 32) {
            throw new UnusableKey("its point has not 32 bytes");
        }
        // RFC 8032 §5.1.2: y in little-endian order, the sign of x in the highest bit
        boolean xIsOdd = (x[31] & 0x80) != 0;
        var y = new byte[32];
        for (int i = 0; i < 32; i++) {
            y[i] = x[31 - i];
        }
        y[0] &= 0x7f;
        var point = new EdECPoint(xIsOdd, new BigInteger(1, y));
        var key = crypto.publicKey("Ed25519", new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
        return new VerificationKey(crypto, "OKP", key, jwk, null);
    }

    private static boolean isOnCurve(ECPoint point, ECParameterSpec parameters) {
        var curve = parameters.getCurve();
        var p = ((ECFieldFp) curve.getField()).getP();
        var x = point.getAffineX();
        var y = point.getAffineY();
        if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
            return false;
        }
        var right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
        return y.multiply(y).mod(p).equals(right);
    }

    private static BigInteger coordinate(Map<String, @Nullable Object> jwk, String name, EcCurve curve) {
        var bytes = bytes(jwk, name);
        if (bytes.length != curve.coordinateBytes) {
            throw new UnusableKey("its " + name + " has not " + curve.coordinateBytes + " bytes"); // RFC 7518 §6.2.1.2
        }
        return new BigInteger(1, bytes);
    }

    private static BigInteger number(Map<String, @Nullable Object> jwk, String name) {
        return new BigInteger(1, bytes(jwk, name));
    }

    private static byte[] bytes(Map<String, @Nullable Object> jwk, String name) {
        if (jwk.get(name) instanceof String text) {
            return Base64Url.decode(text).orElseThrow(() -> new UnusableKey("its " + name + " is not base64url"));
        }
        throw new UnusableKey("it has no " + name);
    }

    /// The member of a key set is not a key that may check signatures; the others of the set count all the same.
    static final class UnusableKey extends RuntimeException {
        UnusableKey(String why) {
            super(why, null, false, false);
        }
    }
}
