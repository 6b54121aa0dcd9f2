package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RecordingUpstream;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
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

/// The token vault on the public port: its APIs for operators and for people's agents, and its pages.
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class VaultPathTest {

    private static final String VAULT = "urn:behalf:token-vault";

    private final FakeAuthzServer authz = FakeAuthzServer.start();
    private final RecordingUpstream vault = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes: []\n", authz, Map.of("behalf.vault.url", vault.url(), "behalf.revocations.poll-every", "100ms"));
    private final AtomicInteger exchanges = new AtomicInteger();

    @AfterAll
    void stop() {
        gateway.close();
        vault.close();
        authz.close();
    }

    @BeforeEach
    void plain() {
        exchanges.set(0);
        vault.clear();
        authz.exchange((credential, audience) -> {
            exchanges.incrementAndGet();
            return credential.startsWith("good")
                    ? authz.exchangedFor(credential, audience, "connections:use")
                    : FakeAuthzServer.refusedCredential();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/connections",
                "/api/v1/connections/github/token?scopes=repo%20user&purpose=x",
                "/api/v1/connections/0b1/agents/the-agent",
                "/api/v1/providers/github",
                "/api/v1/vault/keys/rotations",
                "/api/v1/audit/verification",
                "/api/v1/identity/oauth/token",
            })
    void aCredentialIsExchangedForATokenOfTheVaultAndGoesNoFurtherNorDoCookies(String path) {
        var reply = gateway.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good-1\r\n"
                + "Cookie: __Host-session=abc\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        var received = vault.take();
        assertThat(received.requestLine()).isEqualTo("GET " + path + " HTTP/1.1");
        assertThat(received.all("Cookie")).isEmpty();
        assertThat(received.headers()).noneMatch(line -> line.contains("good-1"));
        assertThat(claims(received.all("Authorization").getFirst()))
                .containsEntry("aud", VAULT)
                .containsEntry("sub", "good-1");
    }

    @ParameterizedTest
    @CsvSource({"Authorization: Bearer bad-1, 401", "Cookie: __Host-session=abc, 401"})
    void withoutAGoodCredentialNothingReachesItsApis(String header, int status) {
        assertThat(gateway.send("GET /api/v1/connections HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n")
                        .status())
                .isEqualTo(status);
        assertThat(vault.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/connections", "/connections/connect/github?agent=a", "/connections/callback?code=x"})
    void itsPagesAreForEverybodyAndGetTheirCookies(String path) {
        var reply = gateway.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Cookie: __Host-connections=abc; theme=dark\r\nX-Forwarded-Host: evil.example\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        var received = vault.take();
        assertThat(received.requestLine()).isEqualTo("GET " + path + " HTTP/1.1");
        assertThat(received.all("Cookie")).containsExactly("__Host-connections=abc; theme=dark");
        assertThat(received.all("X-Forwarded-Host")).containsExactly("localhost");
        assertThat(exchanges).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/connectionsx",
                "/api/v1/connectionsx",
                "/api/connections",
                "/api/v1/vaults",
                "/api/v1/identity",
                "/api/v1/auditing",
                "/internal/injections",
                "/internal/credentials",
                "/openapi.yaml",
                "/CONNECTIONS"
            })
    void otherPathsAreNotItsOwn(String path) {
        assertThat(gateway.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good-2\r\n\r\n")
                        .status())
                .isEqualTo(404);
        assertThat(vault.pending()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"grant, the-grant", "token, the-token", "client, the-client"})
    void aPersonsTokenIsExchangedOnceUntilItIsRevoked(String kind, String id) {
        var credential = "good.person." + kind;
        authz.exchange((shown, audience) ->
                exchanges.incrementAndGet() == 1 ? ofPerson(kind, audience) : FakeAuthzServer.refusedCredential());
        var request = "GET /api/v1/connections/github/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + credential + "\r\n\r\n";

        assertThat(gateway.send(request).status()).isEqualTo(200);
        assertThat(gateway.send(request).status()).isEqualTo(200);
        assertThat(exchanges).hasValue(1);
        authz.revoke(kind, id + "-of-" + kind, Instant.now().plusSeconds(5));

        Eventually.holds("it is refused", () -> gateway.send(request).status() == 401);
    }

    /// Nobody could tell when such a token is revoked.
    @Test
    void aTokenThatIsDescribedOnlyInPartIsNotGoodForAnything() {
        authz.exchange((_, audience) -> {
            var answer = ofPerson("nothing", audience);
            answer.body().put("shown", Map.of("jti", "the-token-of-nothing", "client_id", "the-client-of-nothing"));
            return answer;
        });

        var reply = gateway.send(
                "GET /api/v1/connections HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good.person.1\r\n\r\n");

        assertThat(reply.status()).isEqualTo(503);
        assertThat(vault.pending()).isZero();
    }

    /// The neighbour of the test above: only what is revoked is asked for again.
    @Test
    void anothersRevocationChangesNothing() {
        authz.exchange((_, audience) -> {
            exchanges.incrementAndGet();
            return ofPerson("nothing", audience);
        });
        var request =
                "GET /api/v1/connections HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good.person.0\r\n\r\n";
        assertThat(gateway.send(request).status()).isEqualTo(200);

        authz.revoke("grant", "anothers-grant", Instant.now());

        assertThat(gateway.send(request).status()).isEqualTo(200);
    }

    @Test
    void aGatewayThatKnowsOfNoVaultHasNoneOfItsPaths() {
        try (var without = TestGateway.start("routes: []\n", authz, Map.of())) {
            for (var path : new String[] {"/api/v1/connections", "/api/v1/audit", "/connections"}) {
                assertThat(without.send("GET " + path
                                        + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good-3\r\n\r\n")
                                .status())
                        .isEqualTo(404);
            }
        }
    }

    private FakeAuthzServer.Exchanged ofPerson(String kind, String audience) {
        var answer = authz.exchangedFor("the-person", audience, "connections:use");
        var body = new HashMap<>(answer.body());
        body.put(
                "shown",
                Map.of(
                        "gid", "the-grant-of-" + kind,
                        "jti", "the-token-of-" + kind,
                        "client_id", "the-client-of-" + kind,
                        "iat", Instant.now().getEpochSecond()));
        return new FakeAuthzServer.Exchanged(200, answer.headers(), body);
    }

    private static Map<String, @org.jspecify.annotations.Nullable Object> claims(String authorization) {
        return Json.readObject(Base64.getUrlDecoder().decode(authorization.split("\\.")[1]));
    }
}
