package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeIdentityProvider;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Verdicts over HTTP, with Kafka away: the view comes from the registry's snapshot.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerdictTest {

    private static final String HOST = "portal.agents.example.com";

    private final HttpClient http = HttpClient.newHttpClient();
    private final FakeIdentityProvider ours = FakeIdentityProvider.start("https://issuer.example/");
    private final FakeIdentityProvider another = FakeIdentityProvider.start("https://another.example");
    private ApplicationContext context = ApplicationContext.builder().build();
    private String base = "";

    @BeforeAll
    void start() throws Exception {
        var providers = List.of(
                provider("email", HOST, ours, "email", List.of("example.com")).toJson(),
                provider("nested", "nested.example.com", ours, "user.id", List.of())
                        .toJson(),
                provider("other", "other.example.com", another, "sub", List.of())
                        .toJson());
        var snapshot = Json.text(Map.of("revision", 9L, "providers", providers));
        var registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        registry.createContext("/internal/identity-providers", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("ETag", "\"9\"");
                FakeIdentityProvider.ok(exchange, snapshot);
            }
        });
        registry.start();
        var settings = new HashMap<String, Object>(FakeAuthzServer.shared().settings());
        settings.put(
                "behalf.providers.registry",
                "http://127.0.0.1:" + registry.getAddress().getPort());
        settings.put("behalf.kafka.bootstrap-servers", "127.0.0.1:1");
        settings.put("behalf.outbound.allow", List.of(ours.hostAndPort(), another.hostAndPort()));
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        context = JwtValidator.start(settings);
        base = context.getBean(EmbeddedServer.class).getURL().toString();
        for (long end = System.nanoTime() + 20_000_000_000L; System.nanoTime() < end; ) {
            if (!"unavailable"
                    .equals(verdict(ours.token("ann@example.com"), HOST).get("outcome"))) {
                return;
            }
        }
    }

    @AfterAll
    void stop() {
        context.close();
        ours.close();
        another.close();
    }

    @Test
    void aGoodTokenNamesItsUser() {
        assertThat(verdict(ours.token("ann@example.com"), HOST))
                .containsEntry("outcome", "accepted")
                .containsEntry("userId", "ann@example.com")
                .containsEntry("provider", "default/email")
                .containsEntry("issuer", "https://issuer.example/");
    }

    @Test
    void theUserIdClaimMayBeNestedAndANumber() {
        var token = ours.token("ann@example.com", Map.of("user", Map.of("id", 42L)));

        assertThat(verdict(token, "nested.example.com")).containsEntry("userId", "42");
    }

    static Stream<Arguments> badClaims() {
        long now = System.currentTimeMillis() / 1000;
        return Stream.of(
                Arguments.of("exp", now - 3600, "the token has expired"),
                Arguments.of("exp", null, "the token has no exp"),
                Arguments.of("exp", "soon", "exp is not a number"),
                Arguments.of("nbf", now + 3600, "the token is not valid yet"),
                Arguments.of("iat", now + 3600, "the token was issued in the future"),
                Arguments.of("iss", "https://issuer.example", "the issuer is not trusted for this host"),
                Arguments.of("iss", null, "the token has no issuer"),
                Arguments.of("aud", "elsewhere", "the audience is not accepted"),
                Arguments.of("aud", 7L, "aud is neither a string nor a list of strings"),
                Arguments.of("email", null, "userIDClaim \"email\" missing"),
                Arguments.of("email", true, "userIDClaim \"email\" is neither a string nor a whole number"),
                Arguments.of("email", "a\u0000@example.com", "the user id holds a control character"));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @MethodSource("badClaims")
    void aClaimThatIsNotAsItMustBeIs401(String claim, @Nullable Object value, String detail) {
        var changes = new HashMap<String, @Nullable Object>();
        changes.put(claim, value);

        assertThat(verdict(ours.token("ann@example.com", changes), HOST))
                .containsEntry("outcome", "refused")
                .containsEntry("status", 401L)
                .containsEntry("detail", detail);
    }

    @ParameterizedTest
    @CsvSource({
        "ann@evil.com",
        "ann@sub.example.com",
        "ann@example.com@evil.com",
        "ann@evil.com@example.com",
        "ann@Example.com.evil.com",
        "@example.com",
        "ann",
    })
    void aUserOfAnotherDomainIs403(String email) {
        assertThat(verdict(ours.token(email), HOST))
                .containsEntry("status", 403L)
                .containsEntry("detail", "email domain is not allowed");
    }

    @Test
    void theKelvinSignIsNoLetterOfADomain() {
        assertThat(verdict(ours.token("ann@example.\u212Aom"), HOST)).containsEntry("status", 403L);
    }

    @Test
    void anUnverifiedAddressIs403() {
        assertThat(verdict(ours.token("ann@example.com", Map.of("email_verified", false)), HOST))
                .containsEntry("status", 403L);
    }

    @Test
    void aKeyOfAnotherIssuerProvesNothing() {
        var claims = ours.claims("ann@example.com");
        var key = another.key("rsa-1");
        var forged = FakeIdentityProvider.sign(key, FakeIdentityProvider.header(key), Json.text(claims));

        assertThat(verdict(forged, HOST)).containsEntry("outcome", "refused").containsEntry("status", 401L);
    }

    @Test
    void aHostWithoutAProviderIs401() {
        assertThat(verdict(ours.token("ann@example.com"), "nobody.example.com"))
                .containsEntry("detail", "no identity provider is registered for this host");
    }

    @Test
    void aNewKeyIsFoundByItsId() {
        another.addKey(JWSAlgorithm.ES256, "ec-2");
        var key = another.key("ec-2");
        var token = FakeIdentityProvider.sign(
                key, FakeIdentityProvider.header(key), Json.text(another.claims("bob@example.com")));

        assertThat(verdict(token, "other.example.com")).containsEntry("outcome", "accepted");
    }

    @Test
    void numbersBeyondAllBoundsAreRefused() {
        var key = ours.key("rsa-1");
        var token = FakeIdentityProvider.sign(
                key, FakeIdentityProvider.header(key), "{\"iss\":\"https://issuer.example/\",\"exp\":1e9999999999}");

        assertThat(verdict(token, HOST)).containsEntry("status", 401L);
    }

    @Test
    void aQuestionWithoutATokenOfOursIsRefused() throws Exception {
        var request = HttpRequest.newBuilder(URI.create(base + "/v1/verdicts"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();

        assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(401);
    }

    @Test
    void forwardAuthAnswersTheIdentityAndRefusesAHostThatIsNone() throws Exception {
        var good = forward(ours.token("ann@example.com"), HOST);
        var none = forward(null, HOST);
        var hostile = forward(ours.token("ann@example.com"), "a.".repeat(4000) + "a");

        assertThat(good.statusCode()).isEqualTo(200);
        assertThat(good.headers().allValues("X-End-User-ID")).containsExactly("ann@example.com");
        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(none.headers().allValues("X-End-User-ID")).containsExactly("");
        assertThat(hostile.statusCode()).isBetween(400, 499);
    }

    private HttpResponse<String> forward(@Nullable String token, String host) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create(base + "/forward-auth/nginx")).header("X-Original-Host", host);
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private Map<String, @Nullable Object> verdict(String token, String host) {
        var question = new LinkedHashMap<String, Object>();
        question.put("token", token);
        question.put("host", host);
        var request = HttpRequest.newBuilder(URI.create(base + "/v1/verdicts"))
                .header("Content-Type", "application/json")
                .header(
                        "Authorization",
                        "Bearer " + FakeAuthzServer.shared().token("urn:behalf:jwt-validator", "tokens:judge"))
                .POST(HttpRequest.BodyPublishers.ofString(Json.text(question)))
                .build();
        try {
            var reply = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(reply.statusCode()).isEqualTo(200);
            return Json.readObject(reply.body());
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ProviderState provider(
            String name, String host, FakeIdentityProvider idp, String claim, List<String> domains) {
        return new ProviderState(
                "default",
                name,
                5,
                host,
                idp.issuer(),
                List.of(),
                idp.jwksUri(),
                List.of("api"),
                List.of(),
                claim,
                domains);
    }
}
