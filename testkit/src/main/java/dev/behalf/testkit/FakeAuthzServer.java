package dev.behalf.testkit;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.problem.Problem;
import io.micronaut.http.HttpStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The wire contract of our own authorization server, for services tested alone: `/jwks`, `/oauth/token` for
/// any client and every scope, and tokens of any content.
public final class FakeAuthzServer implements AutoCloseable {

    public static final String ISSUER = "http://behalf.test";

    private static final class Shared {
        static final FakeAuthzServer SERVER = start();
    }

    private static final String ALL_SCOPES =
            "identity-providers:read identity-providers:write tokens:judge credentials:exchange connections:inject";

    /// The answer to a credential shown for an audience.
    ///
    /// @param status of the answer, with these headers and this body
    public record Exchanged(int status, Map<String, String> headers, Map<String, Object> body) {}

    /// Answers the exchange of a credential, on a thread of its own.
    @FunctionalInterface
    public interface Exchange {
        Exchanged exchange(String credential, String audience) throws InterruptedException;
    }

    private final String issuer;
    private final HttpServer server;
    private @Nullable FakeSignIn signIn;
    private final ECKey key;
    private final AtomicInteger exchanges = new AtomicInteger();
    private final List<Map<String, String>> revocations = new CopyOnWriteArrayList<>();
    private volatile Exchange exchange = (credential, audience) -> refusedCredential();

    private FakeAuthzServer(String issuer) {
        this.issuer = issuer;
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
                var fields = FakeOpenIdProvider.parameters(form);
                if ("authorization_code".equals(fields.get("grant_type"))) {
                    signIn().token(exchange, fields);
                    return;
                }
                var resource = form.replaceFirst(".*resource=([^&]*).*", "$1");
                var token = token(URLDecoder.decode(resource, StandardCharsets.UTF_8), ALL_SCOPES);
                FakeIdentityProvider.ok(
                        exchange, Json.text(Map.of("access_token", token, "token_type", "Bearer", "expires_in", 600L)));
            }
        });
        server.createContext("/internal/revocations", exchange -> {
            try (exchange) {
                FakeIdentityProvider.ok(exchange, Json.text(Map.of("revocations", List.copyOf(revocations))));
            }
        });
        server.createContext("/internal/credentials", http -> {
            try (http) {
                exchanges.incrementAndGet();
                var asked = Json.readObject(http.getRequestBody().readAllBytes());
                var answer = exchange.exchange(
                        String.valueOf(asked.get("credential")), String.valueOf(asked.get("audience")));
                var body = Json.write(answer.body());
                http.getResponseHeaders().set("Content-Type", "application/json");
                answer.headers().forEach(http.getResponseHeaders()::set);
                http.sendResponseHeaders(answer.status(), body.length);
                http.getResponseBody().write(body);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.createContext("/", FakeAuthzServer::echo);
        server.start();
    }

    /// Pages and endpoints that a test only wants to see reached: 303 with a cookie, and what arrived as JSON.
    private static void echo(HttpExchange exchange) throws IOException {
        try (exchange) {
            var arrived = new LinkedHashMap<String, Object>();
            arrived.put("path", exchange.getRequestURI().toString());
            exchange.getRequestHeaders()
                    .forEach((name, values) -> arrived.put(name.toLowerCase(Locale.ROOT), String.join("|", values)));
            arrived.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            var body = Json.write(arrived);
            exchange.getResponseHeaders().set("Set-Cookie", "__Host-session=next; Path=/; Secure; HttpOnly");
            exchange.getResponseHeaders().set("Location", "/account");
            exchange.sendResponseHeaders(303, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    public static FakeAuthzServer start() {
        return start(ISSUER);
    }

    /// One with another issuer.
    public static FakeAuthzServer start(String issuer) {
        return new FakeAuthzServer(issuer);
    }

    /// Where people sign in at it, from the first time that a test asks for it; until then those pages echo
    /// too.
    public synchronized FakeSignIn signIn() {
        if (signIn == null) {
            signIn = new FakeSignIn(issuer, server, (Map<String, @Nullable Object> claims) -> signed("JWT", claims));
        }
        return signIn;
    }

    /// Where it is reached.
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// The one that all test classes of this process share.
    public static FakeAuthzServer shared() {
        return Shared.SERVER;
    }

    /// The settings that make a service trust this server.
    public Map<String, String> settings() {
        return Map.of(
                "behalf.oauth.issuer",
                issuer,
                "behalf.oauth.server",
                url(),
                "behalf.oauth.client-secret",
                "a-secret-of-this-test-that-is-long-enough");
    }

    /// Lists a revocation from now on.
    ///
    /// @param kind of what is revoked: `grant`, `token` or `client`
    public void revoke(String kind, String id, Instant at) {
        revocations.add(Map.of(
                "kind",
                kind,
                "id",
                id,
                "revokedAt",
                at.toString(),
                "until",
                at.plusSeconds(3600).toString()));
    }

    /// Answers `/internal/credentials` this way from now on.
    public void exchange(Exchange how) {
        exchange = how;
    }

    /// How many credentials were shown so far.
    public int exchanges() {
        return exchanges.get();
    }

    /// The answer to a good credential of that subject.
    public Exchanged exchangedFor(String subject, String audience, String scope) {
        return new Exchanged(
                200,
                Map.of(),
                Map.of(
                        "access_token",
                        token(audience, scope, Map.of("sub", subject)),
                        "expires_in",
                        60L,
                        "subject",
                        subject,
                        "scope",
                        scope));
    }

    /// The answer to a credential that is not good.
    public static Exchanged refusedCredential() {
        return problem("invalid-credential", "the API key or token is not valid", Map.of());
    }

    /// The answer to a caller whose own access token is not good.
    public static Exchanged refusedCaller() {
        return problem(
                "invalid-token",
                "the access token is missing or not valid",
                Map.of("WWW-Authenticate", "Bearer error=\"invalid_token\""));
    }

    private static Exchanged problem(String kind, String detail, Map<String, String> headers) {
        var body = Json.readObject(
                Problem.of(HttpStatus.UNAUTHORIZED, kind, detail).toJson());
        var plain = new LinkedHashMap<String, Object>();
        body.forEach((name, value) -> plain.put(name, String.valueOf(value)));
        return new Exchanged(401, headers, plain);
    }

    /// A good token for that audience with those scopes.
    public String token(String audience, String scope) {
        return token(audience, scope, Map.of());
    }

    /// The same with some claims set otherwise; null removes one.
    public String token(String audience, String scope, Map<String, @Nullable Object> changes) {
        long now = Instant.now().getEpochSecond();
        var claims = new LinkedHashMap<String, @Nullable Object>();
        claims.put("iss", issuer);
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
        return signed("at+jwt", claims);
    }

    private String signed(String type, Map<String, @Nullable Object> claims) {
        var header = new LinkedHashMap<String, @Nullable Object>();
        header.put("alg", "ES256");
        header.put("typ", type);
        header.put("kid", "authz-1");
        return FakeIdentityProvider.sign(key, header, Json.text(claims));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
