package dev.behalf.kernel.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.ManualClock;
import dev.behalf.kernel.service.Service;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A small service behind the filter, its authorization server's key set on a real socket, and tokens of every kind.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BearerFilterTest {

    private static final String ISSUER = "http://behalf.test";
    private static final String AUDIENCE = "urn:behalf:kernel-test";
    private static final ECKey KEY = key("key-1");
    private static final ECKey STRANGER = key("key-1");

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ECKey> published = new CopyOnWriteArrayList<>(List.of(KEY));
    private final AtomicInteger reads = new AtomicInteger();
    private volatile int jwksStatus = 200;
    private HttpServer authz = create();
    private ApplicationContext context = ApplicationContext.builder().build();
    private ManualClock clock = new ManualClock();
    private String base = "";

    private static HttpServer create() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeAll
    void startBoth() {
        authz.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        authz.createContext("/jwks", exchange -> {
            try (exchange) {
                reads.incrementAndGet();
                var keys = new ArrayList<Object>();
                published.forEach(
                        key -> keys.add(Json.readObject(key.toPublicJWK().toJSONString())));
                var body = Json.write(Map.of("keys", keys));
                exchange.sendResponseHeaders(jwksStatus, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        authz.start();
        context = Service.start(
                "kernel-test",
                BearerFilterTest.class,
                Map.of(
                        "behalf.test.clock",
                        true,
                        "behalf.oauth.issuer",
                        ISSUER,
                        "behalf.oauth.server",
                        "http://127.0.0.1:" + authz.getAddress().getPort(),
                        "micronaut.server.host",
                        "127.0.0.1",
                        "micronaut.server.port",
                        -1));
        base = context.getBean(EmbeddedServer.class).getURL().toString();
        clock = context.getBean(ManualClock.class);
    }

    @AfterAll
    void stop() {
        context.close();
        authz.stop(0);
    }

    @Test
    void aGoodTokenReachesTheEndpointAndSaysWhoCalls() {
        var reply = get("/protected", "Bearer " + token(Map.of("act", Map.of("sub", "api-gateway"))));

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("operator by api-gateway may [things:list, things:read]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bearer ", "BEARER ", "Bearer  "})
    void theSchemeIsReadWithoutCase(String scheme) {
        assertThat(get("/protected", scheme + token(Map.of())).statusCode()).isEqualTo(200);
    }

    @Test
    void anAudienceMayStandInAListOfOne() {
        assertThat(get("/protected", "Bearer " + token(Map.of("aud", List.of(AUDIENCE))))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aRequestWithoutATokenIsAskedForOneAndToldOfNoError() {
        for (var reply : List.of(get("/protected"), get("/protected", "Basic b3BlcmF0b3I6c2VjcmV0"))) {
            assertThat(reply.statusCode()).isEqualTo(401);
            assertThat(challenge(reply)).isEqualTo("Bearer realm=\"behalf\""); // RFC 6750 §3.1
            isProblem(reply);
        }
    }

    @Test
    void twoAuthorizationHeadersAreABadRequest() {
        var good = "Bearer " + token(Map.of());
        var reply = get("/protected", good, good);

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(challenge(reply)).startsWith("Bearer realm=\"behalf\", error=\"invalid_request\"");
        isProblem(reply);
    }

    @Test
    void aTokenWithoutTheScopeIsForbidden() {
        var token = token(Map.of("scope", "things:reader thing things:READ"));
        var reply = get("/protected", "Bearer " + token);

        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(challenge(reply))
                .startsWith("Bearer realm=\"behalf\", error=\"insufficient_scope\"")
                .endsWith(", scope=\"things:read\"");
        isProblem(reply);
        assertThat(reply.body()).doesNotContain(token);
    }

    @Test
    void theScopeIsThatOfTheMethod() {
        var reply = send(HttpRequest.newBuilder(URI.create(base + "/protected"))
                .header("Authorization", "Bearer " + token(Map.of()))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("x")));

        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(challenge(reply)).contains("scope=\"things:write\"");
    }

    @Test
    void anEndpointThatSaysNothingIsClosedAndOneThatIsOpenIsOpen() {
        assertThat(get("/forgotten", "Bearer " + token(Map.of())).statusCode()).isEqualTo(403);
        assertThat(get("/forgotten").statusCode()).isEqualTo(403);
        assertThat(get("/open").statusCode()).isEqualTo(200);
        assertThat(get("/open", "Bearer nonsense").statusCode()).isEqualTo(200);
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/protected/", "//protected", "/protected;x=1", "/PROTECTED", "/%70rotected", "/./protected"})
    void anotherSpellingOfThePathIsNoWayAround(String path) {
        assertThat(send(HttpRequest.newBuilder(URI.create(base + path))).statusCode())
                .isIn(400, 401, 404);
    }

    @Test
    void headAsksForTheSameToken() {
        var without = send(HttpRequest.newBuilder(URI.create(base + "/protected"))
                .method("HEAD", HttpRequest.BodyPublishers.noBody()));

        assertThat(without.statusCode()).isEqualTo(401);
    }

    static Stream<Arguments> hostile() {
        var good = claims(Map.of());
        var header = header(Map.of());
        var payload = Json.text(good);
        return Stream.of(
                Arguments.of("typ JWT", sign(header(Map.of("typ", "JWT")), payload)),
                Arguments.of("typ of an ID token", sign(header(Map.of("typ", "id+jwt")), payload)),
                Arguments.of("no typ", sign(header(nothing("typ")), payload)),
                Arguments.of("typ is null", sign("{\"alg\":\"ES256\",\"typ\":null,\"kid\":\"key-1\"}", payload)),
                Arguments.of("alg none", unsigned(header(Map.of("alg", "none")), payload, "")),
                Arguments.of("alg nOnE", unsigned(header(Map.of("alg", "nOnE")), payload, "AA")),
                Arguments.of("alg none with the signature", sign(header(Map.of("alg", "none")), payload)),
                Arguments.of("alg ES384", sign(header(Map.of("alg", "ES384")), payload)),
                Arguments.of("alg RS256", sign(header(Map.of("alg", "RS256")), payload)),
                Arguments.of("HS256 with the public key", hmac(encoded(), payload)),
                Arguments.of("HS256 with the published key", hmac(jwk(), payload)),
                Arguments.of("no alg", sign(header(nothing("alg")), payload)),
                Arguments.of("no kid", sign(header(nothing("kid")), payload)),
                Arguments.of("kid is a number", sign(header(Map.of("kid", 1)), payload)),
                Arguments.of("an unknown kid", sign(header(Map.of("kid", "../../etc/passwd")), payload)),
                Arguments.of(
                        "crit",
                        sign(
                                header(Map.of("crit", List.of("http://example.com/x"), "http://example.com/x", 1)),
                                payload)),
                Arguments.of("an empty crit", sign(header(Map.of("crit", List.of())), payload)),
                Arguments.of("b64 false", sign(header(Map.of("b64", false)), payload)),
                Arguments.of("its own key", sign(STRANGER, header(Map.of("jwk", Json.readObject(jwk()))), payload)),
                Arguments.of("another key of that id", sign(STRANGER, header, payload)),
                Arguments.of(
                        "alg twice",
                        sign("{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"key-1\"}", payload)),
                Arguments.of("aud twice", sign(header, payload.replace("{", "{\"aud\":\"urn:behalf:other\","))),
                Arguments.of("another aud", sign(header, change("aud", "urn:behalf:idp-registry"))),
                Arguments.of("a longer aud", sign(header, change("aud", AUDIENCE + "/"))),
                Arguments.of("two auds", sign(header, change("aud", List.of(AUDIENCE, "urn:behalf:other")))),
                Arguments.of("one aud twice", sign(header, change("aud", List.of(AUDIENCE, AUDIENCE)))),
                Arguments.of("no aud at all", sign(header, without("aud"))),
                Arguments.of("an empty list of auds", sign(header, change("aud", List.of()))),
                Arguments.of("aud is a number", sign(header, change("aud", 1))),
                Arguments.of("aud is an object", sign(header, change("aud", Map.of("a", AUDIENCE)))),
                Arguments.of("another issuer", sign(header, change("iss", "http://evil.test"))),
                Arguments.of("the issuer with a slash", sign(header, change("iss", ISSUER + "/"))),
                Arguments.of("no issuer", sign(header, without("iss"))),
                Arguments.of("expired", sign(header, change("exp", start()))),
                Arguments.of("expired long ago", sign(header, change("exp", 1))),
                Arguments.of("expired before all time", sign(header, change("exp", Long.MIN_VALUE))),
                Arguments.of("good for ever", sign(header, change("exp", Long.MAX_VALUE))),
                Arguments.of("no exp", sign(header, without("exp"))),
                Arguments.of("exp is a string", sign(header, change("exp", "9999999999"))),
                Arguments.of("exp is huge", sign(header, payload.replaceFirst("\"exp\":[0-9]+", "\"exp\":1e400"))),
                Arguments.of("not yet good", sign(header, change("nbf", start() + 5 * 3600))),
                Arguments.of("nbf is a string", sign(header, change("nbf", "0"))),
                Arguments.of("no subject", sign(header, without("sub"))),
                Arguments.of("subject is a list", sign(header, change("sub", List.of("operator")))),
                Arguments.of("no client", sign(header, without("client_id"))),
                Arguments.of("scope is a list", sign(header, change("scope", List.of("things:read")))),
                Arguments.of("act is a string", sign(header, change("act", "api-gateway"))),
                Arguments.of("the payload is a list", sign(header, "[" + payload + "]")),
                Arguments.of("deep payload", sign(header, "{\"a\":".repeat(200) + "1" + "}".repeat(200))),
                Arguments.of("a changed payload", swapPayload(sign(header, payload), change("sub", "root"))),
                Arguments.of("a zero signature", unsigned(header, payload, "A".repeat(86))),
                Arguments.of("a cut signature", sign(header, payload).replaceFirst(".$", "")),
                Arguments.of("padding", sign(header, payload) + "="),
                Arguments.of("two parts", sign(header, payload).replaceFirst("\\.[^.]*$", "")),
                Arguments.of("four parts", sign(header, payload) + ".AA"),
                Arguments.of("five parts, as if encrypted", sign(header, payload) + ".AA.AA"),
                Arguments.of("two tokens", sign(header, payload) + ", Bearer " + sign(header, payload)),
                Arguments.of("a token behind white space", "x " + sign(header, payload)),
                Arguments.of("nothing", ""),
                Arguments.of("dots", ".."),
                Arguments.of("long nonsense", "x".repeat(7_000)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void aTokenThatIsNotExactlyRightIsRefused(String what, String token) {
        assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode()).isEqualTo(200);

        var reply = get("/protected", "Bearer " + token);

        assertThat(reply.statusCode()).as(what).isEqualTo(401);
        assertThat(challenge(reply)).startsWith("Bearer realm=\"behalf\", error=\"invalid_token\"");
        isProblem(reply);
    }

    @Test
    void aHeaderBeyondTheServersBoundIsRefused() {
        assertThat(get("/protected", "Bearer " + "x".repeat(50_000)).statusCode())
                .isBetween(400, 499);
    }

    @Test
    void aTokenIsGoodUntilTheVerySecondItExpires() {
        var token = token(Map.of("exp", clock.instant().getEpochSecond() + 30));

        assertThat(get("/protected", "Bearer " + token).statusCode()).isEqualTo(200);
        clock.forward(Duration.ofSeconds(29));
        assertThat(get("/protected", "Bearer " + token).statusCode()).isEqualTo(200);
        clock.forward(Duration.ofSeconds(1));
        assertThat(get("/protected", "Bearer " + token).statusCode()).isEqualTo(401);
    }

    @Test
    void aFloodOfUnknownKeyIdsReadsTheKeySetOnceInACoolDown() {
        clock.forward(Duration.ofMinutes(10));
        assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode()).isEqualTo(200);
        reads.set(0);

        flood();
        assertThat(reads).hasValue(0); // it has just been read
        clock.forward(Duration.ofSeconds(2));
        flood();
        assertThat(reads).hasValue(1);
    }

    @Test
    void aKeyThatIsNewIsFoundAfterTheCoolDown() {
        assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode()).isEqualTo(200);
        var fresh = key("key-" + UUID.randomUUID());
        published.add(fresh);
        var token = sign(fresh, header(Map.of("kid", fresh.getKeyID())), Json.text(claims(Map.of())));
        clock.forward(Duration.ofSeconds(2));

        assertThat(get("/protected", "Bearer " + token).statusCode()).isEqualTo(200);
    }

    @Test
    void whileTheAuthorizationServerFailsItIsAskedOnceInACoolDownAndTheOldKeysServeOn() {
        assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode()).isEqualTo(200);
        clock.forward(Duration.ofMinutes(10));
        jwksStatus = 500;
        reads.set(0);
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode())
                        .isEqualTo(200);
            }
            flood();
            assertThat(reads).hasValue(1);
            clock.forward(Duration.ofSeconds(2));
            flood();
            assertThat(reads).hasValue(2);
        } finally {
            jwksStatus = 200;
            clock.forward(Duration.ofSeconds(2));
        }
    }

    @Test
    void keysThatCouldNotBeReadAgainForAnHourProveNothingAnyMore() {
        assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode()).isEqualTo(200);
        clock.forward(Duration.ofMinutes(61));
        jwksStatus = 500;
        try {
            assertThat(get("/protected", "Bearer " + token(Map.of())).statusCode())
                    .isEqualTo(503);
        } finally {
            jwksStatus = 200;
            clock.forward(Duration.ofSeconds(2));
        }
    }

    @Test
    void whileNoKeysHaveEverBeenReadTheAnswerIs503() {
        jwksStatus = 500;
        try (var other = Service.start(
                "kernel-test",
                BearerFilterTest.class,
                Map.of(
                        "behalf.test.clock",
                        true,
                        "behalf.oauth.issuer",
                        ISSUER,
                        "behalf.oauth.server",
                        "http://127.0.0.1:" + authz.getAddress().getPort(),
                        "micronaut.server.host",
                        "127.0.0.1",
                        "micronaut.server.port",
                        -1))) {
            reads.set(0);
            var url = other.getBean(EmbeddedServer.class).getURL() + "/protected";
            for (int i = 0; i < 5; i++) {
                var reply = send(
                        HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + token(Map.of())));
                assertThat(reply.statusCode()).isEqualTo(503);
                assertThat(reply.headers().firstValue("Retry-After")).contains("2");
                isProblem(reply);
            }
            assertThat(reads).hasValue(1);

            jwksStatus = 200;
            other.getBean(ManualClock.class).forward(Duration.ofSeconds(2));
            var reply =
                    send(HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + token(Map.of())));
            assertThat(reply.statusCode()).isEqualTo(200);
        } finally {
            jwksStatus = 200;
        }
    }

    private void flood() {
        var all = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 200; i++) {
            var token = sign(header(Map.of("kid", "no-such-key-" + i)), Json.text(claims(Map.of())));
            all.add(http.sendAsync(
                    HttpRequest.newBuilder(URI.create(base + "/protected"))
                            .header("Authorization", "Bearer " + token)
                            .build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        all.forEach(reply -> assertThat(reply.join().statusCode()).isEqualTo(401));
    }

    private HttpResponse<String> get(String path, String... authorizations) {
        var request = HttpRequest.newBuilder(URI.create(base + path));
        for (var authorization : authorizations) {
            request.header("Authorization", authorization);
        }
        return send(request);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String challenge(HttpResponse<String> reply) {
        assertThat(reply.headers().allValues("WWW-Authenticate")).hasSize(1);
        return reply.headers().firstValue("WWW-Authenticate").orElseThrow();
    }

    private static void isProblem(HttpResponse<String> reply) {
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(Json.readObject(reply.body()))
                .containsEntry("status", (long) reply.statusCode())
                .containsKeys("error", "type", "title", "detail");
    }

    private String token(Map<String, Object> changes) {
        return sign(header(Map.of()), Json.text(claims(changes)));
    }

    /// Tests that move the clock leave it at most a few hours ahead; a good token is good all that time.
    private static Map<String, @Nullable Object> claims(Map<String, Object> changes) {
        var claims = new LinkedHashMap<String, @Nullable Object>();
        claims.put("iss", ISSUER);
        claims.put("sub", "operator");
        claims.put("client_id", "operator");
        claims.put("aud", AUDIENCE);
        claims.put("scope", "things:list things:read");
        claims.put("iat", start());
        claims.put("exp", start() + 6 * 3600);
        claims.put("jti", UUID.randomUUID().toString());
        claims.putAll(changes);
        return claims;
    }

    private static String header(Map<String, ?> changes) {
        var header = new LinkedHashMap<String, @Nullable Object>();
        header.put("alg", "ES256");
        header.put("typ", "at+jwt");
        header.put("kid", "key-1");
        changes.forEach((name, value) -> {
            if (value instanceof Nothing) {
                header.remove(name);
            } else {
                header.put(name, value);
            }
        });
        return Json.text(header);
    }

    private record Nothing() {}

    private static Map<String, Nothing> nothing(String name) {
        return Map.of(name, new Nothing());
    }

    private static String change(String name, Object value) {
        return Json.text(claims(Map.of(name, value)));
    }

    private static String without(String name) {
        var claims = claims(Map.of());
        claims.remove(name);
        return Json.text(claims);
    }

    private static long start() {
        return ManualClock.START.getEpochSecond();
    }

    private static String sign(String header, String payload) {
        return sign(KEY, header, payload);
    }

    private static String sign(ECKey key, String header, String payload) {
        try {
            var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(key.toECPrivateKey());
            var input = base64url(header) + "." + base64url(payload);
            signature.update(input.getBytes(StandardCharsets.US_ASCII));
            return input + "." + base64url(signature.sign());
        } catch (GeneralSecurityException | JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hmac(byte[] key, String payload) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            var input = base64url(header(Map.of("alg", "HS256"))) + "." + base64url(payload);
            return input + "." + base64url(mac.doFinal(input.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] encoded() {
        try {
            return KEY.toECPublicKey().getEncoded();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] jwk() {
        return KEY.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8);
    }

    private static String unsigned(String header, String payload, String signature) {
        return base64url(header) + "." + base64url(payload) + "." + signature;
    }

    private static String swapPayload(String token, String payload) {
        var parts = token.split("\\.");
        return parts[0] + "." + base64url(payload) + "." + parts[2];
    }

    private static String base64url(String text) {
        return base64url(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static ECKey key(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256)
                    .algorithm(JWSAlgorithm.ES256)
                    .keyUse(KeyUse.SIGNATURE)
                    .keyID(id)
                    .generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
