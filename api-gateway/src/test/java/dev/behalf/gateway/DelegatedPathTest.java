package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A route that is a protected resource: agents use it with access tokens of our own.
@Timeout(90)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class DelegatedPathTest {

    private static final String HOST = "agents.example";
    private static final String METADATA = "/.well-known/oauth-protected-resource";

    private final FakeAuthzServer authz = FakeAuthzServer.start();
    private final RecordingUpstream upstream = new RecordingUpstream();
    private final String routes = "routes:\n"
            + TestGateway.route(HOST, upstream.url(), "access: user, scopes: [read]")
            + TestGateway.route(HOST, upstream.url(), "path: /admin/, access: user, scopes: [read, manage]")
            + TestGateway.route(
                    HOST, upstream.url(), "path: /mcp, access: user, resource: \"https://agents.example/mcp\"")
            + TestGateway.route(HOST, upstream.url(), "path: /open, access: open")
            + TestGateway.route("plain.example", upstream.url(), "access: user")
            + TestGateway.route("localhost", upstream.url(), "path: /demo, access: user, scopes: [read]");
    private final TestGateway gateway =
            TestGateway.start(routes, authz, Map.of("behalf.revocations.poll-every", "100ms"));

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
        authz.close();
    }

    @BeforeEach
    void plain() {
        upstream.clear();
        upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        gateway.validator()
                .judge((token, _) -> token.startsWith("agent-for-")
                        ? FakeValidator.delegated(
                                token.substring("agent-for-".length()), "g-" + token, "t-" + token, "read")
                        : FakeValidator.byName(token));
    }

    @Test
    void anAgentsTokenBecomesTheUserAndEndsAtTheGateway() {
        assertThat(gateway.get(HOST, "/x", "agent-for-ann").status()).isEqualTo(200);

        var received = upstream.take();
        assertThat(received.all("X-End-User-ID")).containsExactly("ann");
        assertThat(received.all("Authorization")).isEmpty();
        assertThat(gateway.validator().resourceOf("agent-for-ann")).isEqualTo(FakeAuthzServer.ISSUER);
    }

    @Test
    void theResourceOfTheRouteIsAskedFor() {
        assertThat(gateway.get(HOST, "/mcp/x", "agent-for-res").status()).isEqualTo(200);
        assertThat(gateway.validator().resourceOf("agent-for-res")).isEqualTo("https://agents.example/mcp");
    }

    @Test
    void oneTokenOnOneConnectionIsJudgedForEachResource() {
        gateway.validator()
                .judge((token, _) -> gateway.validator().resourceOf(token).equals(FakeAuthzServer.ISSUER)
                        ? FakeValidator.delegated("ann", "g", "t", "read")
                        : FakeValidator.refused(401, "the token is for another resource"));
        try (var client = RawHttp.connect(gateway.port())) {
            for (var path : List.of("/x", "/mcp", "/x", "/mcp")) {
                client.send(
                        "GET " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer one-token\r\n\r\n");
                assertThat(client.read().orElseThrow().status()).isEqualTo(path.equals("/x") ? 200 : 401);
            }
        }
    }

    @Test
    void aRouteThatIsNoProtectedResourceAsksForNone() {
        assertThat(gateway.get("plain.example", "/", "token-of-ann").status()).isEqualTo(200);
        assertThat(gateway.validator().resourceOf("token-of-ann")).isEqualTo("null");
    }

    @Test
    void aTokenThatLacksAScopeIs403WithAllThatTheRouteAsksFor() {
        var reply = gateway.get(HOST, "/admin/x", "agent-for-bob");

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.header("WWW-Authenticate").orElseThrow())
                .startsWith("Bearer realm=")
                .contains("error=\"insufficient_scope\"")
                .contains("scope=\"read manage\"")
                .contains("resource_metadata=\"http://" + HOST + METADATA + "/admin/\"");
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aTokenOfAProviderGoesOnWhateverTheScopes() {
        assertThat(gateway.get(HOST, "/admin/x", "token-of-ann").status()).isEqualTo(200);
        assertThat(upstream.take().all("X-End-User-ID")).containsExactly("ann@example.com");
    }

    @Test
    void withoutATokenOneIsToldWhereToGetOne() {
        var reply = gateway.send("GET /x HTTP/1.1\r\nHost: " + HOST + ":8080\r\n\r\n");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.header("WWW-Authenticate").orElseThrow())
                .contains("resource_metadata=\"http://" + HOST + ":8080" + METADATA + "\"", "scope=\"read\"")
                .doesNotContain("error=");
        assertThat(gateway.get(HOST, "/x", "nonsense")
                        .header("WWW-Authenticate")
                        .orElseThrow())
                .contains("error=\"invalid_token\"", "resource_metadata=", "scope=\"read\"");
        assertThat(gateway.send("GET / HTTP/1.1\r\nHost: plain.example\r\n\r\n")
                        .header("WWW-Authenticate")
                        .orElseThrow())
                .doesNotContain("resource_metadata", "scope=");
    }

    @Test
    void theResourceIsDescribedAtItsOwnHostToAnyOrigin() {
        var reply = gateway.send("GET " + METADATA + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("Content-Type")).contains("application/json");
        assertThat(reply.header("Access-Control-Allow-Origin")).contains("*");
        assertThat(Json.readObject(reply.body()))
                .isEqualTo(Map.of(
                        "resource", FakeAuthzServer.ISSUER,
                        "authorization_servers", List.of(FakeAuthzServer.ISSUER),
                        "scopes_supported", List.of("read"),
                        "bearer_methods_supported", List.of("header")));
        assertThat(gateway.send("HEAD " + METADATA + " HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(gateway.send("OPTIONS " + METADATA + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n")
                        .header("Access-Control-Allow-Headers"))
                .contains("*");
        assertThat(gateway.send("DELETE " + METADATA + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n")
                        .status())
                .isEqualTo(405);
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/admin", "/admin/", "/admin/x"})
    void theResourceOfAPathIsDescribedBelowThatPath(String path) {
        assertThat(gateway.send("GET " + METADATA + path + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n")
                        .body())
                .contains("\"scopes_supported\":[\"read\",\"manage\"]");
    }

    @Test
    void whatIsNotProtectedIsNotDescribedHere() {
        for (var request : List.of(
                "GET " + METADATA + "/open HTTP/1.1\r\nHost: " + HOST,
                "GET " + METADATA + "x HTTP/1.1\r\nHost: " + HOST)) {
            var reply = gateway.get(HOST, request.split(" ")[1], "token-of-ann");
            assertThat(reply.body()).isEqualTo("ok"); // the upstream's
        }
        assertThat(gateway.send("GET " + METADATA + " HTTP/1.1\r\nHost: plain.example\r\n\r\n")
                        .status())
                .isEqualTo(401);
        assertThat(gateway.send("GET " + METADATA + " HTTP/1.1\r\nHost: nowhere.example\r\n\r\n")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void atAManagementHostARouteIsDescribedHereAndTheRestByTheAuthorizationServer() {
        assertThat(gateway.send("GET " + METADATA + "/demo HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .body())
                .contains("scopes_supported");
        assertThat(Json.readObject(gateway.send("GET " + METADATA + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .body()))
                .containsEntry("path", METADATA);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grant", "token", "client"})
    void aRevocationEndsWhatIsRemembered(String kind) {
        var token = "agent-for-" + kind;
        long issuedAt = Instant.now().getEpochSecond(); // which stays, however often the token is judged
        gateway.validator().judge((_, _) -> {
            var verdict = FakeValidator.delegated("ann", "g-" + kind, "t-" + kind, "read");
            verdict.put("clientId", "c-" + kind);
            verdict.put("issuedAt", issuedAt);
            return verdict;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            var request = "GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer " + token + "\r\n\r\n";
            client.send(request);
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);

            authz.revoke(kind, kind.charAt(0) + "-" + kind, Instant.now());

            Eventually.holds("it is refused", () -> {
                client.send(request);
                return client.read().orElseThrow().status() == 401;
            });
            assertThat(gateway.get(HOST, "/", token).header("WWW-Authenticate").orElseThrow())
                    .contains("the token was revoked");
        }
    }

    @Test
    void whileItIsNotKnownWhatIsRevokedNoTokenOfOursIsAcceptedAndOthersGoOn() {
        try (var blind = TestGateway.start(routes, authz, Map.of("behalf.revocations.stale-for", "1ms"))) {
            blind.validator()
                    .judge((token, _) -> token.startsWith("agent-for-")
                            ? FakeValidator.delegated("ann", "g", "t", "read")
                            : FakeValidator.byName(token));

            var reply = blind.get(HOST, "/", "agent-for-ann");
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("Retry-After")).isPresent();
            assertThat(blind.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
        }
    }
}
