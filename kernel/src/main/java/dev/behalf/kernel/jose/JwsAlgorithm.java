package dev.behalf.kernel.jose;

import java.util.Optional;

/// The signature algorithms that are accepted: asymmetric ones with SHA-2 (RFC 7518 §3.1) and Ed25519 (RFC 8037,
/// RFC 9864). There is no `none`, no HMAC and no SHA-1, so nothing can ask for them.
public enum JwsAlgorithm {
    RS256("RSA", 256),
    RS384("RSA", 384),
    RS512("RSA", 512),
    PS256("RSA", 256),
    PS384("RSA", 384),
    PS512("RSA", 512),
    ES256("EC", 256),
    ES384("EC", 384),
    ES512("EC", 512),
    EdDSA("OKP", 0),
    Ed25519("OKP", 0);

    private final String keyType;
    private final int hashBits;

    JwsAlgorithm(String keyType, int hashBits) {
        this.keyType = keyType;
        this.hashBits = hashBits;
    }

    /// By its exact name; nothing for any other.
    public static Optional<JwsAlgorithm> named(String name) {
        for (var algorithm : values()) {
            if (algorithm.name().equals(name)) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    /// The `kty` of keys for it.
    String keyType() {
        return keyType;
    }

    /// The size of the SHA-2 hash; 0 for Ed25519.
    int hashBits() {
        return hashBits;
    }

    boolean isPss() {
        return name().startsWith("PS");
    }

    /// Whether both name the same algorithm: `EdDSA` and `Ed25519` do here, where Ed25519 is the only curve.
    boolean isSameAs(JwsAlgorithm other) {
        return this == other || (keyType.equals("OKP") && other.keyType.equals("OKP"));
    }
}
