package dev.behalf.testkit;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An identity provider outside the suite: it has keys, serves their set over HTTP as it is told to, faults included,
/// and signs whatever claims a test wants.
public final class FakeIdentityProvider implements AutoCloseable {

    /// How the key set is served.
    @FunctionalInterface
    public interface Serving {
        void answer(HttpExchange exchange, String jwks) throws IOException, InterruptedException;
    }

    private final HttpServer server;
    private final String issuer;
    private final List<JWK> keys = new CopyOnWriteArrayList<>();
    private final AtomicInteger fetches = new AtomicInteger();
    private volatile Serving serving = FakeIdentityProvider::ok;

    private FakeIdentityProvider(@Nullable String issuer) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.issuer = issuer == null ? "http://" + hostAndPort() : issuer;
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            fetches.incrementAndGet();
            try (exchange) {
                serving.answer(exchange, jwks());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    /// With one RS256 key.
    public static FakeIdentityProvider start(String issuer) {
        var provider = new FakeIdentityProvider(issuer);
        provider.addKey(JWSAlgorithm.RS256, "rsa-1");
        return provider;
    }

    /// The same, with the URL at which it is reached as its issuer.
    public static FakeIdentityProvider startAtItsIssuer() {
        var provider = new FakeIdentityProvider(null);
        provider.addKey(JWSAlgorithm.RS256, "rsa-1");
        return provider;
    }

    public String issuer() {
        return issuer;
    }

    /// `host:port`, for an outbound allow-list.
    public final String hostAndPort() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public String jwksUri() {
        return "http://" + hostAndPort() + "/jwks.json";
    }

    /// How often the key set was asked for.
    public int fetches() {
        return fetches.get();
    }

    /// Serves the key set in another way from now on.
    public void serve(Serving how) {
        serving = how;
    }

    /// Serves it properly again.
    public void serveProperly() {
        serving = FakeIdentityProvider::ok;
    }

    /// Makes a key for the algorithm (RS*, PS*, ES*) and publishes it.
    @com.google.errorprone.annotations.CanIgnoreReturnValue
    public final JWK addKey(JWSAlgorithm algorithm, String keyId) {
        try {
            JWK key = switch (algorithm.getName()) {
                case "ES256" -> ec(Curve.P_256, algorithm, keyId);
                case "ES384" -> ec(Curve.P_384, algorithm, keyId);
                case "ES512" -> ec(Curve.P_521, algorithm, keyId);
                default ->
                    new RSAKeyGenerator(2048)
                            .algorithm(algorithm)
                            .keyUse(KeyUse.SIGNATURE)
                            .keyID(keyId)
                            .generate();
            };
            keys.add(key);
            return key;
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Stops publishing the key of that id.
    public void removeKey(String keyId) {
        keys.removeIf(key -> keyId.equals(key.getKeyID()));
    }

    /// The published key of that id, with its private part.
    public JWK key(String keyId) {
        return keys.stream()
                .filter(key -> keyId.equals(key.getKeyID()))
                .findFirst()
                .orElseThrow();
    }

    /// The claims of a good token for the user: one hour, audience `api`.
    public Map<String, @Nullable Object> claims(String email) {
        long now = Instant.now().getEpochSecond();
        var claims = new LinkedHashMap<String, @Nullable Object>();
        claims.put("iss", issuer);
        claims.put("sub", "sub-" + email);
        claims.put("aud", "api");
        claims.put("email", email);
        claims.put("email_verified", true);
        claims.put("iat", now);
        claims.put("exp", now + 3600);
        return claims;
    }

    /// A good token for the user.
    public String token(String email) {
        return sign(claims(email));
    }

    /// A good token with some claims set otherwise; null removes one.
    public String token(String email, Map<String, @Nullable Object> changes) {
        var claims = claims(email);
        changes.forEach((name, value) -> {
            if (value == null) {
                claims.remove(name);
            } else {
                claims.put(name, value);
            }
        });
        return sign(claims);
    }

    /// Signs the claims with the first key.
    public String sign(Map<String, @Nullable Object> claims) {
        var key = keys.getFirst();
        return sign(key, header(key), Json.text(claims));
    }

    /// The usual header for that key.
    public static Map<String, @Nullable Object> header(JWK key) {
        var header = new LinkedHashMap<String, @Nullable Object>();
        header.put("alg", key.getAlgorithm().getName());
        header.put("kid", key.getKeyID());
        header.put("typ", "JWT");
        return header;
    }

    /// Signs exactly that header and payload; the algorithm of the signature is the key's, whatever the header says.
    public static String sign(JWK key, Map<String, @Nullable Object> header, String payload) {
        return sign(key, Json.text(header), payload.getBytes(StandardCharsets.UTF_8));
    }

    /// Signs exactly those bytes.
    public static String sign(JWK key, String header, byte[] payload) {
        var encoder = Base64.getUrlEncoder().withoutPadding();
        var signed =
                encoder.encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "." + encoder.encodeToString(payload);
        return signed + "." + encoder.encodeToString(signature(key, signed.getBytes(StandardCharsets.US_ASCII)));
    }

    private static byte[] signature(JWK key, byte[] signed) {
        try {
            PrivateKey secret = key.isPrivate()
                    ? switch (key.getKeyType().getValue()) {
                        case "EC" -> key.toECKey().toECPrivateKey();
                        default -> key.toRSAKey().toRSAPrivateKey();
                    }
                    : null;
            var name = key.getAlgorithm().getName();
            var bits = name.substring(2);
            var algorithm = switch (name.substring(0, 2)) {
                case "RS" -> "SHA" + bits + "withRSA";
                case "ES" -> "SHA" + bits + "withECDSAinP1363Format";
                default -> "RSASSA-PSS";
            };
            var signature = Signature.getInstance(algorithm);
            if (algorithm.equals("RSASSA-PSS")) {
                int size = Integer.parseInt(bits);
                signature.setParameter(new java.security.spec.PSSParameterSpec(
                        "SHA-" + size,
                        "MGF1",
                        new java.security.spec.MGF1ParameterSpec("SHA-" + size),
                        size / 8,
                        java.security.spec.PSSParameterSpec.TRAILER_FIELD_BC));
            }
            signature.initSign(secret);
            signature.update(signed);
            return signature.sign();
        } catch (GeneralSecurityException | JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The public key set as JSON.
    public String jwks() {
        var all = new ArrayList<Object>();
        keys.forEach(key -> all.add(Json.readObject(key.toPublicJWK().toJSONString())));
        return Json.text(Map.of("keys", all));
    }

    /// Answers 200 with that body.
    public static void ok(HttpExchange exchange, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static JWK ec(Curve curve, JWSAlgorithm algorithm, String keyId) throws JOSEException {
        return new ECKeyGenerator(curve)
                .algorithm(algorithm)
                .keyUse(KeyUse.SIGNATURE)
                .keyID(keyId)
                .generate();
    }
}
