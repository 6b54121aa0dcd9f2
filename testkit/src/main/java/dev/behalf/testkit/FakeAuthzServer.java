package dev.behalf.testkit;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// The wire contract of our own authorization server, for services tested alone: `/jwks`, `/oauth/token` for any client
/// and every scope, and tokens of any content.
public final class FakeAuthzServer implements AutoCloseable {

    public static final String ISSUER = "http://behalf.test";

    private static final class Shared {
        static final FakeAuthzServer SERVER = start();
    }

    private static final String ALL_SCOPES =
            "identity-providers:read identity-providers:write tokens:judge credentials:exchange";

    private final HttpServer server;
    private final ECKey key;

    private FakeAuthzServer() {
        try {
            key = new ECKeyGenerator(Curve.P_256)
                    .algorithm(JWSAlgorithm.ES256)
                    .keyID("authz-1")
                    .generate();
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/jwks", exchange -> {
            try (exchange) {
                FakeIdentityProvider.ok(
                        exchange, "{\"keys\":[" + key.toPublicJWK().toJSONString() + "]}");
            }
        });
        server.createContext("/oauth/token", exchange -> {
            try (exchange) {
                var form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                var resource = form.replaceFirst(".*resource=([^&]*).*", "$1");
                var token = token(URLDecoder.decode(resource, StandardCharsets.UTF_8), ALL_SCOPES);
                FakeIdentityProvider.ok(
                        exchange, Json.text(Map.of("access_token", token, "token_type", "Bearer", "expires_in", 600L)));
            }
        });
        server.start();
    }

    public static FakeAuthzServer start() {
        return new FakeAuthzServer();
    }

    /// The one that all test classes of this process share.
    public static FakeAuthzServer shared() {
        return Shared.SERVER;
    }

    /// The settings that make a service trust this server.
    public Map<String, String> settings() {
        return Map.of(
                "behalf.oauth.issuer",
                ISSUER,
                "behalf.oauth.server",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "behalf.oauth.client-secret",
                "a-secret-of-this-test-that-is-long-enough");
    }

    /// A good token for that audience with those scopes.
    public String token(String audience, String scope) {
        return token(audience, scope, Map.of());
    }

    /// The same with some claims set otherwise; null removes one.
    public String token(String audience, String scope, Map<String, @Nullable Object> changes) {
        long now = Instant.now().getEpochSecond();
        var claims = new LinkedHashMap<String, @Nullable Object>();
        claims.put("iss", ISSUER);
        claims.put("sub", "operator");
        claims.put("client_id", "operator");
        claims.put("aud", audience);
        claims.put("scope", scope);
        claims.put("iat", now);
        claims.put("exp", now + 600);
        claims.put("jti", UUID.randomUUID().toString());
        changes.forEach((name, value) -> {
            if (value == null) {
                claims.remove(name);
            } else {
                claims.put(name, value);
            }
        });
        var header = new LinkedHashMap<String, @Nullable Object>();
        header.put("alg", "ES256");
        header.put("typ", "at+jwt");
        header.put("kid", "authz-1");
        return FakeIdentityProvider.sign(key, header, Json.text(claims));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
