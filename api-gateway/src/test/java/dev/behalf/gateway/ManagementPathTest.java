package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RecordingUpstream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The management APIs on the public port: an operator's credential goes in, a token for the one service goes on.
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class ManagementPathTest {

    private final FakeAuthzServer authz = FakeAuthzServer.start();
    private final RecordingUpstream anything = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes:\n"
                    + TestGateway.route("portal.example", anything.url(), "access: open")
                    + TestGateway.route("\"*.example\"", anything.url(), "access: open"),
            authz,
            Map.of());

    /// What was shown to the authorization server: `credential|audience`.
    private final ConcurrentLinkedQueue<String> shown = new ConcurrentLinkedQueue<>();

    @AfterAll
    void stop() {
        gateway.close();
        anything.close();
        authz.close();
    }

    @BeforeEach
    void plain() {
        shown.clear();
        registry().clear();
        anything.clear();
        gateway.registry().answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]");
        authz.exchange((credential, audience) -> {
            shown.add(credential + "|" + audience);
            return credential.startsWith("good")
                    ? authz.exchangedFor("key:" + credential, audience, "identity-providers:read")
                    : FakeAuthzServer.refusedCredential();
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Authorization: Bearer good.operator.jwt|good.operator.jwt",
                "Authorization: bearer good-key-1|good-key-1",
                "X-RunAgents-API-Key: good-key-2|good-key-2",
                "x-runagents-api-key: good-key-3|good-key-3",
            })
    void aCredentialIsExchangedForATokenOfTheServiceAndGoesNoFurther(String header, String credential) {
        var reply = gateway.send("GET /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(shown).containsExactly(credential + "|urn:behalf:idp-registry");
        var received = registry().take();
        assertThat(received.headers()).noneMatch(line -> line.contains(credential));
        assertThat(received.all("Authorization")).hasSize(1);
        var claims = claims(received.all("Authorization").getFirst());
        assertThat(claims).containsEntry("aud", "urn:behalf:idp-registry").containsEntry("sub", "key:" + credential);
    }

    @Test
    void bothHeadersAtOnceAre400AndNothingIsExchanged() {
        var reply = gateway.send("GET /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n"
                + "Authorization: Bearer good-a\r\nX-RunAgents-API-Key: good-a\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.header("WWW-Authenticate")).get().asString().contains("error=\"invalid_request\"");
        assertThat(shown).isEmpty();
        assertThat(registry().pending()).isZero();
    }

    @Test
    void withoutACredentialTheAnswerIs401() {
        var reply = gateway.send("GET /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n\r\n");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.all("WWW-Authenticate")).containsExactly("Bearer realm=\"http://gateway.example\"");
        assertThat(shown).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer bad-1",
                "X-RunAgents-API-Key: bad-2",
                "Authorization: Basic Z29vZDpnb29k",
                "Authorization: good",
                "X-RunAgents-API-Key:",
                "X-RunAgents-API-Key:  ",
                "Cookie: good=good",
                "X_RunAgents_API_Key: good",
            })
    void aCredentialThatIsNotGoodIs401(String header) {
        var reply = gateway.send("POST /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n" + header
                + "\r\nContent-Length: 2\r\n\r\n{}");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.header("WWW-Authenticate")).isPresent();
        assertThat(registry().pending()).isZero();
    }

    @Test
    void anAuthorizationServerThatIsAwayIs503() {
        authz.exchange((_, _) -> new FakeAuthzServer.Exchanged(503, Map.of(), Map.of()));

        var reply = gateway.send(get("/api/identity-providers", "good-but-later"));

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.header("Retry-After")).isPresent();
        assertThat(registry().pending()).isZero();
    }

    @Test
    void anAuthorizationServerThatIsGoneIs503() {
        var gone = FakeAuthzServer.start();
        try (var own = TestGateway.start(
                "routes:\n" + TestGateway.route("portal.example", anything.url(), "access: open"), gone, Map.of())) {
            gone.close();

            assertThat(own.send(get("/api/identity-providers", "good-but-nobody-there"))
                            .status())
                    .isEqualTo(503);
            assertThat(own.send("POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                            .status())
                    .isEqualTo(502);
            assertThat(own.send("GET / HTTP/1.1\r\nHost: portal.example\r\n\r\n")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void whenTheGatewaysOwnTokenIsRefusedItGetsANewOne() {
        var calls = new AtomicInteger();
        authz.exchange((credential, audience) -> calls.incrementAndGet() == 1
                ? FakeAuthzServer.refusedCaller()
                : authz.exchangedFor(credential, audience, "identity-providers:read"));

        assertThat(gateway.send(get("/api/identity-providers", "good-after-rotation"))
                        .status())
                .isEqualTo(200);
        assertThat(calls).hasValue(2);
    }

    @Test
    void aGatewayThatIsNotLetInIsNotTakenForABadCredential() {
        authz.exchange((_, _) -> FakeAuthzServer.refusedCaller());

        assertThat(gateway.send(get("/api/identity-providers", "good-but-not-asked"))
                        .status())
                .isEqualTo(503);
        assertThat(registry().pending()).isZero();
    }

    @Test
    void aCredentialIsExchangedOnceForManyRequests() {
        for (int i = 0; i < 10; i++) {
            assertThat(gateway.send(get("/api/identity-providers", "good-often"))
                            .status())
                    .isEqualTo(200);
        }
        assertThat(shown).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/identity-providers",
                "/api/identity-providers?namespace=a%20b&x",
                "/api/identity-providers/google-oidc",
                "/api/identity-providers/google%20oidc/status",
                "/api/v1/identity-providers/x",
                "/api/v1/workspaces/team-1/identity-providers/x/try",
                "/api/identity-provider-events",
                "/api/v1/identity-provider-events",
            })
    void aPathOfTheRegistryAndItsBodyGoOnUnchanged(String path) {
        var body = "{\"name\": \"x\",\r\n \"spec\": {}}";

        var reply = gateway.send("PATCH " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good-body\r\n"
                + "If-Match: \"3\"\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body);

        assertThat(reply.status()).isEqualTo(200);
        var received = registry().take();
        assertThat(received.requestLine()).isEqualTo("PATCH " + path + " HTTP/1.1");
        assertThat(new String(received.body(), StandardCharsets.US_ASCII)).isEqualTo(body);
        assertThat(received.all("If-Match")).containsExactly("\"3\"");
        assertThat(received.all("Content-Type")).containsExactly("application/json");
        assertThat(received.all("Host")).containsExactly("localhost");
    }

    @Test
    void theAnswerComesBackUnchanged() {
        gateway.registry()
                .answer("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nETag: \"1\"\r\n"
                        + "Content-Length: 17\r\n\r\n{\"error\": \"none\"}");
        var reply = gateway.send(get("/api/identity-providers/none", "good-body"));

        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.header("ETag")).contains("\"1\"");
        assertThat(reply.header("Content-Type")).contains("application/problem+json");
        assertThat(reply.body()).isEqualTo("{\"error\": \"none\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api",
                "/api/",
                "/api/identity-providersx",
                "/API/identity-providers",
                "/api/v2/identity-providers",
                "/api/v1/workspaces/identity-providers",
                "/api/v1/workspaces/a/b/identity-providers",
                "/internal/identity-providers",
                "/internal/credentials",
                "/internal/revocations",
                "/api/v1/usersx",
                "/api/v1/secrets",
                "/oauth/register/a/b",
                "/asyncapi.yaml",
                "/openapi.yaml",
                "/.well-known/other",
                "/a/b/.well-known/openid-configuration",
                "/v1/verdicts",
                "/oauth",
                "/oauth/token/x",
                "/auth",
                "/prometheus",
                "/health/liveness",
                "/",
            })
    void whatIsNoManagementPathIs404AtAManagementHostEvenBelowAWildcard(String path) {
        for (var host : new String[] {"localhost", "127.0.0.1", "gateway.example", "GATEWAY.example:8080", "[::1]"}) {
            assertThat(gateway.send("GET " + path + " HTTP/1.1\r\nHost: " + host
                                    + "\r\nAuthorization: Bearer good-nowhere\r\n\r\n")
                            .status())
                    .as(host)
                    .isEqualTo(404);
        }
        assertThat(registry().pending()).isZero();
        assertThat(anything.pending()).isZero();
        assertThat(shown).isEmpty();
    }

    @Test
    void theManagementApisAreNotAtOtherHosts() {
        var reply = gateway.send(
                "GET /api/identity-providers HTTP/1.1\r\nHost: portal.example\r\nX-RunAgents-API-Key: good-x\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(shown).isEmpty();
        assertThat(registry().pending()).isZero();
        // The route is an agent's: it must not see the operator's key.
        assertThat(anything.take().headers()).noneMatch(line -> line.contains("good-x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/oauth/authorize?client_id=a&scope=read%20manage",
                "/oauth/authorize/decision",
                "/oauth/par",
                "/oauth/revoke",
                "/oauth/introspect",
                "/oauth/userinfo",
                "/oauth/register",
                "/oauth/register/client-1",
                "/login",
                "/login/google",
                "/logout",
                "/account",
                "/account/agents/g1/revoke",
                "/assets/page.css",
                "/.well-known/oauth-authorization-server",
                "/.well-known/oauth-authorization-server/tenant",
                "/.well-known/openid-configuration",
                "/tenant/.well-known/openid-configuration",
                "/.well-known/oauth-protected-resource",
                "/.well-known/ucap.json",
            })
    void aPageOrEndpointOfTheAuthorizationServerIsForEverybodyAndGoesThereAndBackUnchanged(String path) {
        var form = "csrf=x&username=ann";
        var reply = gateway.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic YTpi\r\n"
                + "Cookie: __Host-session=abc; theme=dark\r\nOrigin: https://app.example\r\n"
                + "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + form.length() + "\r\n\r\n"
                + form);

        assertThat(reply.status()).isEqualTo(303);
        assertThat(reply.header("Location")).contains("/account");
        assertThat(reply.header("Set-Cookie")).contains("__Host-session=next; Path=/; Secure; HttpOnly");
        assertThat(Json.readObject(reply.body()))
                .containsEntry("path", path)
                .containsEntry("body", form)
                .containsEntry("authorization", "Basic YTpi")
                .containsEntry("cookie", "__Host-session=abc; theme=dark")
                .containsEntry("origin", "https://app.example")
                .containsEntry("x-forwarded-for", "127.0.0.1")
                .containsEntry("x-forwarded-host", "localhost")
                .doesNotContainKeys("forwarded", "x-real-ip");
        assertThat(shown).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/clients",
                "/api/v1/clients/a",
                "/api/v1/users",
                "/api/v1/users/a/reset-password",
                "/api/v1/grants?user=a",
                "/api/v1/keys"
            })
    void theAuthorizationServersOwnManagementIsForOperators(String path) {
        var reply = gateway.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good-op\r\n"
                + "Cookie: __Host-session=abc\r\n\r\n");

        assertThat(reply.status()).isEqualTo(303);
        var arrived = Json.readObject(reply.body());
        assertThat(arrived).containsEntry("path", path).doesNotContainKey("cookie");
        assertThat(claims(String.valueOf(arrived.get("authorization"))))
                .containsEntry("aud", "urn:behalf:authz-server")
                .containsEntry("sub", "key:good-op");
        assertThat(gateway.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .status())
                .isEqualTo(401);
        assertThat(gateway.send(get(path, "bad-op")).status()).isEqualTo(401);
    }

    @Test
    void aTokenRequestGoesToTheAuthorizationServerWithItsOwnAuthorization() {
        var form = "grant_type=client_credentials&resource=urn%3Abehalf%3Amanagement";

        var reply = gateway.send("POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic YTpi\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + form.length() + "\r\n\r\n"
                + form);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).contains("access_token");
        assertThat(gateway.send("GET /jwks HTTP/1.1\r\nHost: localhost\r\n\r\n").body())
                .contains("\"keys\"");
        assertThat(shown).isEmpty();
    }

    @Test
    void aBodyThatIsTooLargeIs413BeforeAnythingIsExchanged() {
        var reply = gateway.send("POST /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n"
                + "Authorization: Bearer good-large\r\nContent-Length: 2000000\r\n\r\n");

        assertThat(reply.status()).isEqualTo(413);
        assertThat(shown).isEmpty();
    }

    @Test
    void healthIsToldAtManagementHostsOnly() {
        var reply = gateway.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(reply.header("Cache-Control")).contains("no-store");

        assertThat(gateway.send("POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                        .status())
                .isEqualTo(405);
        assertThat(gateway.send("GET /health HTTP/1.1\r\nHost: portal.example\r\n\r\n")
                        .body())
                .isEqualTo("ok");
    }

    @Test
    void healthIsDownWhileNoTokenCanBeJudged() {
        gateway.validator().answerStatus(500);
        try {
            Eventually.holds(
                    "it is down",
                    () -> gateway.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                    .status()
                            == 503);
        } finally {
            gateway.validator().judgeByName();
        }
        Eventually.holds(
                "it is up again",
                () -> gateway.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .status()
                        == 200);
    }

    private RecordingUpstream registry() {
        return gateway.registry().received();
    }

    private static String get(String path, String credential) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + credential + "\r\n\r\n";
    }

    private static Map<String, @org.jspecify.annotations.Nullable Object> claims(String authorization) {
        return Json.readObject(Base64.getUrlDecoder().decode(authorization.split("\\.")[1]));
    }
}
