package dev.behalf.kernel.jose;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.behalf.kernel.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.text.ParseException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An ES256 key that signs our own tokens. Its id is its thumbprint (RFC 7638).
public final class EcSigningKey {

    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private final ECKey key;
    private final PrivateKey privateKey;

    private EcSigningKey(ECKey key) {
        this.key = key;
        try {
            this.privateKey = key.toECPrivateKey();
        } catch (JOSEException e) {
            throw new IllegalArgumentException("not a P-256 private key", e);
        }
    }

    /// A new key.
    public static EcSigningKey generate() {
        try {
            return new EcSigningKey(new ECKeyGenerator(Curve.P_256)
                    .algorithm(JWSAlgorithm.ES256)
                    .keyUse(KeyUse.SIGNATURE)
                    .keyIDFromThumbprint(true)
                    .generate());
        } catch (JOSEException e) {
            throw new IllegalStateException(e); // every Java platform has P-256
        }
    }

    /// Reads what [#toPrivateJwk] wrote.
    ///
    /// @throws IllegalArgumentException when it is not such a key
    public static EcSigningKey fromPrivateJwk(String json) {
        try {
            return new EcSigningKey(ECKey.parse(json));
        } catch (ParseException e) {
            throw new IllegalArgumentException("not an EC key", e);
        }
    }

    /// The key id: the thumbprint of the public key.
    public String id() {
        return key.getKeyID();
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
        header.put("alg", "ES256");
        header.put("typ", type);
        header.put("kid", id());
        var signed = BASE64URL.encodeToString(Json.write(header)) + "." + BASE64URL.encodeToString(Json.write(claims));
        try {
            var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(privateKey);
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + BASE64URL.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
