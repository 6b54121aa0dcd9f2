package dev.behalf.kernel.jose;

import com.nimbusds.jose.Algorithm;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.behalf.kernel.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A key that signs our own tokens. Its id is its thumbprint (RFC 7638).
public final class SigningKey {

    /// What can be signed with.
    public static final List<JwsAlgorithm> ALGORITHMS =
            List.of(JwsAlgorithm.ES256, JwsAlgorithm.RS256, JwsAlgorithm.EdDSA);

    private static final int RSA_BITS = 2048;
    private static final int ED25519_BYTES = 32;
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private final JWK key;
    private final JwsAlgorithm algorithm;
    private final PrivateKey privateKey;

    private SigningKey(JWK key) throws JOSEException, GeneralSecurityException {
        if (!key.isPrivate()) {
            throw new IllegalArgumentException("not a private key");
        }
        this.key = key;
        switch (key) {
            case ECKey ec
            when ec.getCurve().equals(Curve.P_256) -> {
                algorithm = JwsAlgorithm.ES256;
                privateKey = Crypto.preferred().privateKey(ec.toECPrivateKey());
            }
            case RSAKey rsa -> {
                algorithm = JwsAlgorithm.RS256;
                privateKey = Crypto.preferred().privateKey(rsa.toRSAPrivateKey());
            }
            case OctetKeyPair okp
            when okp.getCurve().equals(Curve.Ed25519) -> {
                algorithm = JwsAlgorithm.EdDSA;
                privateKey = KeyFactory.getInstance("Ed25519")
                        .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, okp.getDecodedD()));
            }
            default -> throw new IllegalArgumentException("not a key that signs with one of " + ALGORITHMS);
        }
    }

    /// A new key for one of [#ALGORITHMS]. Making one for RS256 takes some tenths of a second.
    public static SigningKey generate(JwsAlgorithm algorithm) {
        try {
            return new SigningKey(
                    switch (algorithm) {
                        case ES256 ->
                            new ECKeyGenerator(Curve.P_256)
                                    .algorithm(JWSAlgorithm.ES256)
                                    .keyUse(KeyUse.SIGNATURE)
                                    .keyIDFromThumbprint(true)
                                    .generate();
                        case RS256 ->
                            new RSAKeyGenerator(RSA_BITS)
                                    .algorithm(JWSAlgorithm.RS256)
                                    .keyUse(KeyUse.SIGNATURE)
                                    .keyIDFromThumbprint(true)
                                    .generate();
                        case EdDSA -> ed25519();
                        default -> throw new IllegalArgumentException("not one of " + ALGORITHMS);
                    });
        } catch (JOSEException | GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java platform has these
        }
    }

    /// Reads what [#toPrivateJwk] wrote.
    ///
    /// @throws IllegalArgumentException when it is not such a key
    public static SigningKey fromPrivateJwk(String json) {
        try {
            return new SigningKey(JWK.parse(json));
        } catch (ParseException | JOSEException | GeneralSecurityException e) {
            throw new IllegalArgumentException("not a private key", e);
        }
    }

    /// The key id: the thumbprint of the public key.
    public String id() {
        return key.getKeyID();
    }

    /// What it signs with.
    public JwsAlgorithm algorithm() {
        return algorithm;
    }

    /// The public key as a JWK, to be published.
    public Map<String, @Nullable Object> toPublicJwk() {
        return Json.readObject(key.toPublicJWK().toJSONString());
    }

    /// The private key as a JWK, to be sealed and stored.
    public String toPrivateJwk() {
        return key.toJSONString();
    }

    /// A signed JWT with those claims.
    ///
    /// @param type the `typ` header, such as `at+jwt`
    public String sign(String type, Map<String, ?> claims) {
        var header = new LinkedHashMap<String, Object>();
        header.put("alg", algorithm.name());
        header.put("typ", type);
        header.put("kid", id());
        var signed = BASE64URL.encodeToString(Json.write(header)) + "." + BASE64URL.encodeToString(Json.write(claims));
        var signature = Crypto.preferred().sign(algorithm, privateKey, signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + BASE64URL.encodeToString(signature);
    }

    /// The platform makes the pair; the JWK library's own maker would need another library.
    private static OctetKeyPair ed25519() throws GeneralSecurityException, JOSEException {
        var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        var point = ((EdECPublicKey) pair.getPublic()).getPoint();
        var seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
        return new OctetKeyPair.Builder(
                        Curve.Ed25519,
                        com.nimbusds.jose.util.Base64URL.encode(littleEndian(point.getY(), point.isXOdd())))
                .d(com.nimbusds.jose.util.Base64URL.encode(seed))
                .algorithm((Algorithm) JWSAlgorithm.EdDSA)
                .keyUse(KeyUse.SIGNATURE)
                .keyIDFromThumbprint()
                .build();
    }

    /// A point as RFC 8032 §5.1.2 encodes it: `y`, the least byte first, with the lowest bit of `x` on top.
    private static byte[] littleEndian(BigInteger y, boolean xIsOdd) {
        var big = y.toByteArray();
        var little = new byte[ED25519_BYTES];
        for (int i = 0; i < Math.min(big.length, ED25519_BYTES); i++) {
            little[i] = big[big.length - 1 - i];
        }
        if (xIsOdd) {
            little[ED25519_BYTES - 1] |= (byte) 0x80;
        }
        return Arrays.copyOf(little, ED25519_BYTES);
    }

    @Override
    public String toString() {
        return "SigningKey[" + algorithm + " " + id() + "]";
    }
}
