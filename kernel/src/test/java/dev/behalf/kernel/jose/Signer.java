package dev.behalf.kernel.jose;

import dev.behalf.kernel.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// An issuer's key in the hands of a test: it signs with the platform's cryptography whatever it is given.
record Signer(JwsAlgorithm algorithm, KeyPair pair, String kid) {

    static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private static final Map<String, KeyPair> PAIRS = new ConcurrentHashMap<>();

    /// A key for that algorithm; always the same for the same name.
    static Signer of(JwsAlgorithm algorithm, String kid) {
        var pair = PAIRS.computeIfAbsent(type(algorithm) + kid, _ -> generate(algorithm));
        return new Signer(algorithm, pair, kid);
    }

    /// An RSA key with that public exponent.
    static Signer rsa(JwsAlgorithm algorithm, String kid, BigInteger exponent) {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(new RSAKeyGenParameterSpec(2048, exponent));
            return new Signer(algorithm, generator.generateKeyPair(), kid);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The same key, used with another algorithm of its type.
    Signer with(JwsAlgorithm other) {
        return new Signer(other, pair, kid);
    }

    String token(Map<String, ?> header, String payload) {
        var input = encode(Json.text(header)) + "." + encode(payload);
        return input + "." + BASE64URL.encodeToString(sign(input));
    }

    String token(String payload) {
        return token(header(), payload);
    }

    Map<String, @Nullable Object> header() {
        var header = new LinkedHashMap<String, @Nullable Object>();
        header.put("alg", algorithm.name());
        header.put("kid", kid);
        return header;
    }

    byte[] sign(String input) {
        try {
            var signature = Signature.getInstance(name());
            if (algorithm.isPss()) {
                var hash = "SHA-" + algorithm.hashBits();
                signature.setParameter(new PSSParameterSpec(
                        hash,
                        "MGF1",
                        new MGF1ParameterSpec(hash),
                        algorithm.hashBits() / 8,
                        PSSParameterSpec.TRAILER_FIELD_BC));
            }
            signature.initSign(pair.getPrivate());
            signature.update(input.getBytes(StandardCharsets.US_ASCII));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The public key as a JWK without `alg`.
    Map<String, @Nullable Object> jwk() {
        var jwk = new LinkedHashMap<String, @Nullable Object>();
        switch (pair.getPublic()) {
            case RSAPublicKey key -> {
                jwk.put("kty", "RSA");
                jwk.put("n", number(key.getModulus()));
                jwk.put("e", number(key.getPublicExponent()));
            }
            case ECPublicKey key -> {
                int size = (key.getParams().getCurve().getField().getFieldSize() + 7) / 8;
                jwk.put("kty", "EC");
                jwk.put("crv", size == 66 ? "P-521" : "P-" + size * 8);
                jwk.put("x", fixed(key.getW().getAffineX(), size));
                jwk.put("y", fixed(key.getW().getAffineY(), size));
            }
            case EdECPublicKey key -> {
                var encoded = key.getEncoded();
                jwk.put("kty", "OKP");
                jwk.put("crv", "Ed25519");
                jwk.put(
                        "x",
                        BASE64URL.encodeToString(
                                java.util.Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
            }
            default -> throw new IllegalStateException("an unexpected type of key");
        }
        jwk.put("kid", kid);
        return jwk;
    }

    /// The public key as a JWK for its algorithm alone.
    Map<String, @Nullable Object> jwkWithAlgorithm() {
        var jwk = jwk();
        jwk.put("alg", algorithm.name());
        return jwk;
    }

    static KeySet set(Crypto crypto, List<?> jwks) {
        return KeySet.parse(Json.write(Map.of("keys", jwks)), crypto);
    }

    static String encode(String text) {
        return BASE64URL.encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static String number(BigInteger value) {
        var bytes = value.toByteArray();
        return BASE64URL.encodeToString(
                bytes[0] == 0 && bytes.length > 1 ? java.util.Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
    }

    static String fixed(BigInteger value, int size) {
        return BASE64URL.encodeToString(padded(value, size));
    }

    static byte[] padded(BigInteger value, int size) {
        var all = new byte[size];
        var bytes = value.toByteArray();
        for (int i = 0; i < Math.min(size, bytes.length); i++) {
            all[size - 1 - i] = bytes[bytes.length - 1 - i];
        }
        return all;
    }

    private static String type(JwsAlgorithm algorithm) {
        return algorithm.keyType().equals("EC") ? algorithm.name() : algorithm.keyType();
    }

    private static KeyPair generate(JwsAlgorithm algorithm) {
        try {
            return switch (algorithm.keyType()) {
                case "EC" -> {
                    var generator = KeyPairGenerator.getInstance("EC");
                    generator.initialize(new ECGenParameterSpec(
                            "secp" + (algorithm == JwsAlgorithm.ES512 ? 521 : algorithm.hashBits()) + "r1"));
                    yield generator.generateKeyPair();
                }
                case "OKP" -> KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
                default -> {
                    var generator = KeyPairGenerator.getInstance("RSA");
                    generator.initialize(2048);
                    yield generator.generateKeyPair();
                }
            };
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private String name() {
        return switch (algorithm.keyType()) {
            case "EC" -> "SHA" + algorithm.hashBits() + "withECDSAinP1363Format";
            case "OKP" -> "Ed25519";
            default -> algorithm.isPss() ? "RSASSA-PSS" : "SHA" + algorithm.hashBits() + "withRSA";
        };
    }
}
