package dev.behalf.kernel.jose;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.KeySpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import org.conscrypt.Conscrypt;
import org.jspecify.annotations.Nullable;

/// The primitives behind [VerificationKey]: Conscrypt's where its native library loads (ES256 more than ten times as
/// fast as the platform's), the platform's elsewhere. The system property `behalf.crypto=jdk` forces the latter.
enum Crypto {
    CONSCRYPT,
    JDK;

    private static final class Loaded {
        static final @Nullable Provider CONSCRYPT = load();
    }

    /// What this process uses.
    static Crypto preferred() {
        return Loaded.CONSCRYPT == null ? JDK : CONSCRYPT;
    }

    /// Makes a key in the form that this provider verifies with.
    PublicKey publicKey(String type, KeySpec spec) throws GeneralSecurityException {
        var key = KeyFactory.getInstance(type).generatePublic(spec);
        var provider = provider();
        if (provider == null || type.equals("Ed25519")) {
            return key;
        }
        return KeyFactory.getInstance(type, provider).generatePublic(new X509EncodedKeySpec(key.getEncoded()));
    }

    /// The key in the form that this provider signs with.
    PrivateKey privateKey(PrivateKey key) {
        var provider = provider();
        if (provider == null || key.getAlgorithm().startsWith("Ed")) {
            return key;
        }
        try {
            return KeyFactory.getInstance(key.getAlgorithm(), provider)
                    .generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not a key for " + provider.getName(), e);
        }
    }

    /// Whether the signature, in the form of RFC 7518 §3 and RFC 8037 §3.1, is right. A malformed one is wrong.
    boolean verify(JwsAlgorithm algorithm, PublicKey key, byte[] input, byte[] signature) {
        try {
            var verifier = signature(algorithm);
            verifier.initVerify(key);
            verifier.update(input);
            return verifier.verify(algorithm.keyType().equals("EC") ? EcdsaSignature.toDer(signature) : signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /// The signature in the form of RFC 7518 §3 and RFC 8037 §3.1.
    byte[] sign(JwsAlgorithm algorithm, PrivateKey key, byte[] input) {
        try {
            var signer = signature(algorithm);
            signer.initSign(key);
            signer.update(input);
            var signature = signer.sign();
            return algorithm.keyType().equals("EC")
                    ? EcdsaSignature.fromDer(signature, algorithm.hashBits() / 8)
                    : signature;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Signature signature(JwsAlgorithm algorithm) throws GeneralSecurityException {
        var hash = "SHA" + algorithm.hashBits();
        if (algorithm.keyType().equals("OKP")) {
            return Signature.getInstance("Ed25519");
        }
        if (algorithm.keyType().equals("EC")) {
            return instance(hash + "withECDSA");
        }
        if (!algorithm.isPss()) {
            return instance(hash + "withRSA");
        }
        var pss = instance(this == CONSCRYPT ? hash + "withRSA/PSS" : "RSASSA-PSS");
        var name = "SHA-" + algorithm.hashBits();
        pss.setParameter(new PSSParameterSpec(
                name,
                "MGF1",
                new MGF1ParameterSpec(name),
                algorithm.hashBits() / 8,
                PSSParameterSpec.TRAILER_FIELD_BC));
        return pss;
    }

    private Signature instance(String name) throws NoSuchAlgorithmException {
        var provider = provider();
        return provider == null ? Signature.getInstance(name) : Signature.getInstance(name, provider);
    }

    private @Nullable Provider provider() {
        return this == JDK ? null : Loaded.CONSCRYPT;
    }

    private static @Nullable Provider load() {
        if ("jdk".equals(System.getProperty("behalf.crypto")) || !Conscrypt.isAvailable()) {
            return null;
        }
        return Conscrypt.newProvider();
    }
}
