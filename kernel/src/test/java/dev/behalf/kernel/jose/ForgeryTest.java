package dev.behalf.kernel.jose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.interfaces.RSAPrivateKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The known ways to make a token that its issuer did not sign, for every algorithm and on both providers of
/// cryptography. Beside each stands the honest token, which is proved.
class ForgeryTest {

    private static final String CLAIMS = "{\"iss\":\"https://issuer.example\",\"sub\":\"ann\"}";
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] SHA256_INFO = HEX.parseHex("3031300d060960864801650304020105000420");

    private static String sign(Signer signer, String input) {
        return input + "." + Signer.BASE64URL.encodeToString(signer.sign(input));
    }

    static Stream<Arguments> forgeries() {
        return Arrays.stream(JwsAlgorithm.values())
                .flatMap(algorithm -> forgeries(algorithm).entrySet().stream()
                        .map(forgery -> Arguments.of(algorithm, forgery.getKey(), forgery.getValue())));
    }

    private static Map<String, String> forgeries(JwsAlgorithm algorithm) {
        var issuer = Signer.of(algorithm, "key-1");
        var attacker = new Signer(algorithm, Signer.of(algorithm, "attacker").pair(), "key-1");
        var token = issuer.token(CLAIMS);
        var parts = token.split("\\.");
        var signature = issuer.sign(parts[0] + "." + parts[1]);
        var forged = new LinkedHashMap<String, String>();
        forged.put("first byte of the signature changed", parts[0] + "." + parts[1] + "." + flipped(signature, 0));
        forged.put(
                "last byte of the signature changed",
                parts[0] + "." + parts[1] + "." + flipped(signature, signature.length - 1));
        forged.put("signature of zeros", parts[0] + "." + parts[1] + "." + encode(new byte[signature.length]));
        forged.put(
                "signature cut",
                parts[0] + "." + parts[1] + "." + encode(Arrays.copyOf(signature, signature.length - 1)));
        forged.put(
                "signature lengthened",
                parts[0] + "." + parts[1] + "." + encode(Arrays.copyOf(signature, signature.length + 1)));
        forged.put("signature with a zero in front", parts[0] + "." + parts[1] + "." + encode(prefixed(signature)));
        forged.put("no signature", parts[0] + "." + parts[1] + ".");
        forged.put("no signature and no dot", parts[0] + "." + parts[1]);
        forged.put("payload changed", parts[0] + "." + Signer.encode(CLAIMS.replace("ann", "bob")) + "." + parts[2]);
        forged.put("no payload", parts[0] + ".." + parts[2]);
        forged.put("no payload and no dot", parts[0] + "." + parts[2]);
        forged.put("header changed", Signer.encode(Json.text(issuer.header()) + " ") + "." + parts[1] + "." + parts[2]);
        forged.put("no header", "." + parts[1] + "." + parts[2]);
        forged.put("one more part", token + ".AA");
        forged.put("one more empty part", token + ".");
        forged.put("blanks around", " " + token + " ");
        forged.put("padding", token + "=");
        forged.put("line end inside", parts[0] + "." + parts[1] + "\n." + parts[2]);
        forged.put(
                "JSON serialisation",
                "{\"payload\":\"" + parts[1] + "\",\"protected\":\"" + parts[0] + "\",\"signature\":\"" + parts[2]
                        + "\"}");
        forged.put("alg none", unsigned("none", ""));
        forged.put("alg None with a signature", unsigned("None", parts[2]));
        forged.put("alg of lower case", unsigned(algorithm.name().toLowerCase(java.util.Locale.ROOT), parts[2]));
        for (var secret : secrets(issuer).entrySet()) {
            forged.put("HMAC with " + secret.getKey(), hmac(secret.getValue()));
        }
        forged.put("signed by another key", attacker.token(CLAIMS));
        var key = attacker.jwkWithAlgorithm();
        forged.put("key of the attacker in jwk", attacker.token(header(attacker, "jwk", key), CLAIMS));
        forged.put(
                "key of the attacker behind jku",
                attacker.token(header(attacker, "jku", "https://evil.example/jwks"), CLAIMS));
        forged.put(
                "key of the attacker behind x5u",
                attacker.token(header(attacker, "x5u", "https://evil.example/c"), CLAIMS));
        forged.put("key of the attacker in x5c", attacker.token(header(attacker, "x5c", List.of("MIIB")), CLAIMS));
        forged.put(
                "critical extension b64",
                issuer.token(with(header(issuer, "b64", false), "crit", List.of("b64")), CLAIMS));
        forged.put(
                "unknown critical extension",
                issuer.token(with(header(issuer, "exp-x", 1L), "crit", List.of("exp-x")), CLAIMS));
        forged.put("critical list that is empty", issuer.token(header(issuer, "crit", List.of()), CLAIMS));
        forged.put("b64 that nobody calls critical", issuer.token(header(issuer, "b64", true), CLAIMS));
        forged.put(
                "detached payload",
                parts[0] + ".." + Signer.BASE64URL.encodeToString(issuer.sign(parts[0] + "." + parts[1])));
        forged.put("logout token", issuer.token(header(issuer, "typ", "logout+jwt"), CLAIMS));
        forged.put("proof of possession", issuer.token(header(issuer, "typ", "dpop+jwt"), CLAIMS));
        forged.put("encrypted by name", issuer.token(header(issuer, "enc", "A128GCM"), CLAIMS));
        forged.put(
                "member named twice",
                sign(
                        issuer,
                        Signer.encode("{\"alg\":\"" + algorithm.name() + "\",\"kid\":\"key-1\",\"kid\":\"key-1\"}")
                                + "." + parts[1]));
        forged.put("claim named twice", issuer.token("{\"sub\":\"ann\",\"sub\":\"bob\"}"));
        forged.put("payload that is a list", issuer.token("[1]"));
        forged.put("payload that is text", issuer.token("ann"));
        switch (algorithm.keyType()) {
            case "RSA" -> rsa(issuer, forged);
            case "EC" -> ec(issuer, parts, signature, forged);
            default -> ed25519(parts, signature, forged);
        }
        return forged;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void isNotProved(JwsAlgorithm algorithm, String name, String token) {
        var issuer = Signer.of(algorithm, "key-1");
        for (var crypto : Crypto.values()) {
            var keys = Signer.set(crypto, List.of(issuer.jwkWithAlgorithm()));
            assertThat(isProved(keys, token)).as(name + " on " + crypto).isFalse();
            assertThat(isProved(keys, issuer.token(CLAIMS))).isTrue();
        }
    }

    /// Who may sign with a key for one algorithm may not with another, even where the key would fit.
    @ParameterizedTest
    @EnumSource(JwsAlgorithm.class)
    void aKeyForOneAlgorithmProvesNoOther(JwsAlgorithm algorithm) {
        var issuer = Signer.of(algorithm, "key-1");
        var keys = Signer.set(Crypto.preferred(), List.of(issuer.jwkWithAlgorithm()));
        for (var other : JwsAlgorithm.values()) {
            boolean sameKey = other.keyType().equals(algorithm.keyType())
                    && (!algorithm.keyType().equals("EC") || other == algorithm);
            if (sameKey) {
                assertThat(isProved(keys, issuer.with(other).token(CLAIMS)))
                        .as(other.name())
                        .isEqualTo(other.isSameAs(algorithm));
            }
        }
    }

    /// Bleichenbacher's forgery: with the exponent 3 a number can be found whose cube begins with a good padding, for
    /// verifiers that do not look at the end. It takes no private key.
    @ParameterizedTest
    @EnumSource(Crypto.class)
    void aCubeThatOnlyBeginsWellIsNotProved(Crypto crypto) throws GeneralSecurityException {
        var issuer = Signer.rsa(JwsAlgorithm.RS256, "three", BigInteger.valueOf(3));
        var keys = Signer.set(crypto, List.of(issuer.jwk()));
        var input = Signer.encode(Json.text(issuer.header())) + "." + Signer.encode(CLAIMS);
        var begin = joined(HEX.parseHex("0001ff00"), SHA256_INFO, sha256(input));
        var root = cubeRoot(new BigInteger(1, Arrays.copyOf(begin, 256))).add(BigInteger.ONE);

        assertThat(Arrays.copyOf(Signer.padded(root.pow(3), 256), begin.length)).isEqualTo(begin);
        assertThat(isProved(keys, input + "." + encode(Signer.padded(root, 256))))
                .isFalse();
        assertThat(isProved(keys, issuer.token(CLAIMS))).isTrue();
    }

    private static void rsa(Signer issuer, Map<String, String> forged) {
        var key = (RSAPrivateKey) issuer.pair().getPrivate();
        var input = Signer.encode(Json.text(issuer.header())) + "." + Signer.encode(CLAIMS);
        var number = new BigInteger(1, issuer.sign(input));
        forged.put("signature plus the modulus", input + "." + Signer.number(number.add(key.getModulus())));
        forged.put("signature of one", input + "." + encode(Signer.padded(BigInteger.ONE, 256)));
        forged.put(
                "signature of the modulus less one",
                input + "." + encode(Signer.padded(key.getModulus().subtract(BigInteger.ONE), 256)));
        for (var other : List.of(JwsAlgorithm.RS256, JwsAlgorithm.RS384, JwsAlgorithm.PS256, JwsAlgorithm.PS512)) {
            if (other != issuer.algorithm()) {
                forged.put(
                        "signed as " + other,
                        input + "." + encode(issuer.with(other).sign(input)));
            }
        }
        if (issuer.algorithm() != JwsAlgorithm.RS256) {
            return;
        }
        var good = joined(SHA256_INFO, sha256(input));
        var paddings = new LinkedHashMap<String, byte[]>();
        paddings.put("no padding", block("01", 0, good, 0));
        paddings.put("seven bytes of padding and a tail", block("01", 7, good, 256 - 10 - good.length));
        paddings.put("one byte of tail", block("01", 256 - 4 - good.length, good, 1));
        paddings.put("block of encryption", block("02", 256 - 3 - good.length, good, 0));
        paddings.put("block of type 0", block("00", 256 - 3 - good.length, good, 0));
        paddings.put("hash alone", block("01", 256 - 3 - 32, sha256(input), 0));
        var sha1 = joined(HEX.parseHex("3021300906052b0e03021a05000414"), hash("SHA-1", input));
        paddings.put("hash of SHA-1", block("01", 256 - 3 - sha1.length, sha1, 0));
        var named = joined(HEX.parseHex("3021300906052b0e03021a05000420"), sha256(input));
        paddings.put("hash of another name", block("01", 256 - 3 - named.length, named, 0));
        var longer = joined(HEX.parseHex("30820031300d060960864801650304020105000420"), sha256(input));
        paddings.put("lengths that are not DER", block("01", 256 - 3 - longer.length, longer, 0));
        paddings.forEach((name, block) -> forged.put(
                name,
                input + "."
                        + encode(Signer.padded(
                                new BigInteger(1, block).modPow(key.getPrivateExponent(), key.getModulus()), 256))));
    }

    private static void ec(Signer issuer, String[] parts, byte[] signature, Map<String, String> forged) {
        var input = parts[0] + "." + parts[1];
        var order = ((java.security.interfaces.ECPublicKey) issuer.pair().getPublic())
                .getParams()
                .getOrder();
        int size = signature.length / 2;
        var r = new BigInteger(1, Arrays.copyOf(signature, size));
        var s = new BigInteger(1, Arrays.copyOfRange(signature, size, signature.length));
        var zero = BigInteger.ZERO;
        forged.put("r = 0", input + "." + pair(zero, s, size));
        forged.put("s = 0", input + "." + pair(r, zero, size));
        forged.put("r = s = 0", input + "." + pair(zero, zero, size)); // CVE-2022-21449
        forged.put("r = n", input + "." + pair(order, s, size));
        forged.put("s = n", input + "." + pair(r, order, size));
        forged.put("r = s = n", input + "." + pair(order, order, size));
        forged.put("r = 1, s = n", input + "." + pair(BigInteger.ONE, order, size));
        forged.put(
                "r = s = n - 1",
                input + "." + pair(order.subtract(BigInteger.ONE), order.subtract(BigInteger.ONE), size));
        forged.put("r and s exchanged", input + "." + pair(s, r, size));
        forged.put("r + n", input + "." + pair(r.add(order), s, size + 1));
        forged.put("r and s longer by a zero", input + "." + pair(r, s, size + 1));
        try {
            forged.put("DER", input + "." + encode(EcdsaSignature.toDer(signature)));
        } catch (java.security.SignatureException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void ed25519(String[] parts, byte[] signature, Map<String, String> forged) {
        var input = parts[0] + "." + parts[1];
        var order = BigInteger.ONE.shiftLeft(252).add(new BigInteger("27742317777372353535851937790883648493"));
        var s = reversed(Arrays.copyOfRange(signature, 32, 64));
        var larger = reversed(Signer.padded(new BigInteger(1, s).add(order), 32));
        forged.put("S + L", input + "." + encode(joined(Arrays.copyOf(signature, 32), larger))); // RFC 8032 §5.1.7
        forged.put("S = 0", input + "." + encode(joined(Arrays.copyOf(signature, 32), new byte[32])));
        forged.put("R = 0", input + "." + encode(joined(new byte[32], Arrays.copyOfRange(signature, 32, 64))));
    }

    private static Map<String, byte[]> secrets(Signer issuer) {
        var secrets = new LinkedHashMap<String, byte[]>();
        var encoded = issuer.pair().getPublic().getEncoded();
        secrets.put("the public key", encoded);
        secrets.put(
                "the public key in PEM",
                ("-----BEGIN PUBLIC KEY-----\n"
                                + java.util.Base64.getMimeEncoder(64, new byte[] {'\n'})
                                        .encodeToString(encoded)
                                + "\n-----END PUBLIC KEY-----\n")
                        .getBytes(StandardCharsets.US_ASCII));
        secrets.put("the JWK", Json.write(issuer.jwk()));
        secrets.put("a zero", new byte[1]);
        return secrets;
    }

    private static String hmac(byte[] secret) {
        try {
            var input = Signer.encode("{\"alg\":\"HS256\",\"kid\":\"key-1\"}") + "." + Signer.encode(CLAIMS);
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return input + "." + encode(mac.doFinal(input.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isProved(KeySet keys, String token) {
        try {
            return keys.verify(RawJwt.parse(token)).isPresent();
        } catch (InvalidJwt e) {
            return false;
        }
    }

    private static Map<String, Object> header(Signer signer, String name, Object value) {
        var header = new LinkedHashMap<String, Object>();
        header.put("alg", signer.algorithm().name());
        header.put("kid", signer.kid());
        return with(header, name, value);
    }

    private static Map<String, Object> with(Map<String, Object> header, String name, Object value) {
        header.put(name, value);
        return header;
    }

    private static String unsigned(String algorithm, String signature) {
        return Signer.encode("{\"alg\":\"" + algorithm + "\",\"kid\":\"key-1\"}") + "." + Signer.encode(CLAIMS) + "."
                + signature;
    }

    private static byte[] block(String type, int padding, byte[] content, int tail) {
        var block = new ByteArrayOutputStream();
        block.write(0);
        block.writeBytes(HEX.parseHex(type));
        for (int i = 0; i < padding; i++) {
            block.write(type.equals("00") ? 0 : 0xff);
        }
        block.write(0);
        block.writeBytes(content);
        block.writeBytes(new byte[Math.max(0, tail)]);
        while (padding == 0 && block.size() < 256) {
            block.write(0x55);
        }
        return block.toByteArray();
    }

    private static byte[] sha256(String input) {
        return hash("SHA-256", input);
    }

    private static byte[] hash(String name, String input) {
        try {
            return MessageDigest.getInstance(name).digest(input.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static BigInteger cubeRoot(BigInteger of) {
        var low = BigInteger.ZERO;
        var high = BigInteger.ONE.shiftLeft(of.bitLength() / 3 + 1);
        while (low.compareTo(high) < 0) {
            var middle = low.add(high).add(BigInteger.ONE).shiftRight(1);
            if (middle.pow(3).compareTo(of) <= 0) {
                low = middle;
            } else {
                high = middle.subtract(BigInteger.ONE);
            }
        }
        return low;
    }

    private static byte[] joined(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (var part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] prefixed(byte[] signature) {
        return joined(new byte[1], signature);
    }

    private static byte[] reversed(byte[] bytes) {
        var all = new ArrayList<Byte>();
        for (byte b : bytes) {
            all.addFirst(b);
        }
        var result = new byte[bytes.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = all.get(i);
        }
        return result;
    }

    private static String pair(BigInteger r, BigInteger s, int size) {
        return encode(joined(Signer.padded(r, size), Signer.padded(s, size)));
    }

    private static String flipped(byte[] signature, int at) {
        var changed = signature.clone();
        changed[at] ^= 1;
        return encode(changed);
    }

    private static String encode(byte[] bytes) {
        return Signer.BASE64URL.encodeToString(bytes);
    }
}
