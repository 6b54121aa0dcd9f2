package dev.behalf.vault.give;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The gateway asks for tokens that it puts into agents' calls.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InjectionTest {

    private static final String PATH = "/internal/injections";
    private static final Map<String, Object> GATEWAY = Map.of("sub", "api-gateway", "client_id", "api-gateway");

    private final RotatingProvider provider = RotatingProvider.start();
    private RunningVault vault;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        vault = RunningVault.start(provider.settings(folder));
    }

    @AfterAll
    void stop() {
        vault.close();
        provider.close();
    }

    @Test
    void aTokenIsGivenForTheCallOfAnAgentOnlyWhileTheUserLetsThatAgent() {
        var user = new VaultUser();
        assertThat(status(inject(user))).isEqualTo("not_connected");
        var id = user.connect(vault, provider, "octocat");

        var refused = inject(user);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(RunningVault.json(refused))
                .isEqualTo(RunningVault.json(user.ask(vault, "")))
                .containsEntry("status", "consent_required")
                .containsEntry("error", "CONSENT_REQUIRED")
                .extractingByKey("authorization_url")
                .asString()
                .contains("/connections/connect/demo?agent=" + VaultUser.AGENT);

        user.allow(vault, id);
        var given = inject(user);
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
        assertThat(given.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(RunningVault.json(given))
                .isEqualTo(RunningVault.json(user.ask(vault, "")))
                .containsEntry("status", "active")
                .extractingByKey("access_token")
                .isIn(provider.given());
        assertThat(status(inject(user, Map.of("agent", "another-agent")))).isEqualTo("consent_required");
        assertThat(status(inject(new VaultUser()))).isEqualTo("not_connected");

        assertThat(vault.send(vault.request("/api/v1/connections/" + id + "/agents/" + VaultUser.AGENT, user.own())
                                .DELETE())
                        .statusCode())
                .isEqualTo(204);
        assertThat(status(inject(user))).isEqualTo("consent_required");
    }

    @Test
    void whatAUserAllowedForAWhileEndsByItself() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        var until = vault.clock().instant().plus(Duration.ofSeconds(30));
        assertThat(vault.send(vault.request("/api/v1/connections/" + id + "/agents/" + VaultUser.AGENT, user.own())
                                .header("Content-Type", "application/json")
                                .PUT(HttpRequest.BodyPublishers.ofString(Json.text(Map.of("until", until.toString())))))
                        .statusCode())
                .isEqualTo(204);
        assertThat(inject(user).statusCode()).isEqualTo(200);

        vault.clock().forward(Duration.ofSeconds(30));

        assertThat(status(inject(user))).isEqualTo("consent_required");
    }

    @Test
    void theScopesThatTheRouteNamesMustBeThere() {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));

        var missing = inject(user, Map.of("scopes", List.of("openid", "repo")));
        assertThat(missing.statusCode()).isEqualTo(403);
        assertThat(RunningVault.json(missing))
                .containsEntry("status", "missing_scopes")
                .containsEntry("missing_scopes", List.of("repo"));
        assertThat(inject(user, Map.of("scopes", List.of("openid"))).statusCode())
                .isEqualTo(200);
    }

    @Test
    void eachInjectionIsInTheAuditLogForTheUserToReadAndNoTokenIs() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        inject(user, Map.of("purpose", "GET api.example/refused"));
        user.allow(vault, id);
        inject(user, Map.of("purpose", "GET api.example/once"));
        inject(user, Map.of("purpose", "GET api.example/again"));

        var log = vault.get("/api/v1/audit?subject=" + user.name());
        assertThat(log.body()).doesNotContain("token-secret", "token.read");
        assertThat(entries(log, "token.refused"))
                .singleElement()
                .satisfies(entry -> assertThat(entry)
                        .containsEntry("purpose", "GET api.example/refused")
                        .containsEntry("agent", VaultUser.AGENT)
                        .containsEntry("detail", "consent_required"));
        assertThat(entries(log, "token.injected"))
                .hasSize(2)
                .allSatisfy(entry -> assertThat(entry)
                        .containsEntry("outcome", "done")
                        .containsEntry("agent", VaultUser.AGENT)
                        .containsEntry("connection", id)
                        .containsEntry("requestId", "request-1")
                        .containsKeys("tokenDigest", "scopes"))
                .extracting(entry -> entry.get("purpose"))
                .containsExactly("GET api.example/once", "GET api.example/again");
        assertThat(user.connections(vault).getFirst()).containsEntry("last_used_by", VaultUser.AGENT);
    }

    @Test
    void whileTheProviderGivesNoNewTokenTheGatewayIsToldWhenToAskAgain() {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));
        vault.clock().forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS + 1));
        provider.failWith(503, "temporarily_unavailable");
        try {
            var away = inject(user);

            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(status(away)).isEqualTo("provider_unavailable");
            assertThat(away.headers().firstValue("Retry-After")).isPresent();
        } finally {
            provider.failWith(null, "");
        }
    }

    static Stream<Map<String, Object>> others() {
        return Stream.of(
                Map.of(),
                Map.of("sub", "api-gateway", "client_id", "another"),
                Map.of("sub", "a-person", "client_id", "api-gateway"),
                Map.of("sub", "api-gateway", "client_id", "api-gateway", "act", Map.of("sub", "an-agent")),
                Map.of("sub", "api-gateway", "client_id", "api-gateway", "gid", "a-grant"),
                Map.of("sub", "a-person", "client_id", "an-agent", "act", Map.of("sub", "an-agent"), "gid", "a-grant"));
    }

    @ParameterizedTest
    @MethodSource("others")
    void evenWithTheScopeNobodyElseIsLetIn(Map<String, Object> claims) {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));

        var reply = post(bearer(Audience.TOKEN_VAULT, "connections:inject", claims), question(user));

        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(reply.body()).doesNotContain("token-secret");
    }

    @Test
    void theGatewayIsLetInByTheScopeForItAtThisVaultAlone() {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));
        var question = question(user);

        assertThat(post(bearer(Audience.TOKEN_VAULT, "connections:use connections:read", GATEWAY), question)
                        .statusCode())
                .isEqualTo(403);
        assertThat(post(bearer(Audience.AUTHZ_SERVER, "connections:inject", GATEWAY), question)
                        .statusCode())
                .isEqualTo(401);
        assertThat(post(null, question).statusCode()).isEqualTo(401);
        assertThat(vault.get(
                                "/api/v1/connections/demo/token",
                                bearer(Audience.TOKEN_VAULT, "connections:inject", GATEWAY))
                        .statusCode())
                .as("and gets nothing where agents ask")
                .isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"user\":\"u\",\"agent\":\"a\",\"provider\":\"demo\"}",
                "{\"user\":\"u\",\"agent\":\"\",\"provider\":\"demo\",\"purpose\":\"p\"}",
                "{\"user\":\"u\\u0000\",\"agent\":\"a\",\"provider\":\"demo\",\"purpose\":\"p\"}",
                "{\"user\":1,\"agent\":\"a\",\"provider\":\"demo\",\"purpose\":\"p\"}",
                "{\"user\":\"u\",\"agent\":\"a\",\"provider\":\"demo\",\"purpose\":\"p\",\"scopes\":\"repo\"}",
                "{\"user\":\"u\",\"agent\":\"a\",\"provider\":\"demo\",\"purpose\":\"p\",\"scopes\":[\"a b\"]}",
                "{\"user\":\"u\",\"agent\":\"a\",\"provider\":\"demo\",\"purpose\":\"p\",\"connection\":\"c\"}",
            })
    void whatIsNoQuestionIsRefused(String body) {
        var reply = vault.send(vault.request(PATH, gateway())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
    }

    @Test
    void aProviderThatIsNotThereIsNotFound() {
        assertThat(inject(new VaultUser(), Map.of("provider", "no-such")).statusCode())
                .isEqualTo(404);
    }

    private static String gateway() {
        return bearer(Audience.TOKEN_VAULT, "connections:inject", GATEWAY);
    }

    private static String bearer(String audience, String scopes, Map<String, Object> claims) {
        return "Bearer " + FakeAuthzServer.shared().token(audience, scopes, new HashMap<>(claims));
    }

    private static Map<String, Object> question(VaultUser user) {
        return Map.of(
                "user", user.name(), "agent", VaultUser.AGENT, "provider", "demo", "purpose", "GET api.example/path");
    }

    private HttpResponse<String> inject(VaultUser user) {
        return inject(user, Map.of());
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    private HttpResponse<String> inject(VaultUser user, Map<String, Object> changes) {
        var question = new HashMap<>(question(user));
        question.putAll(changes);
        return post(gateway(), question);
    }

    private HttpResponse<String> post(@Nullable String authorization, Map<String, Object> question) {
        return vault.send(vault.request(PATH, authorization)
                .header("Content-Type", "application/json")
                .header("X-Request-Id", "request-1")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(question))));
    }

    private static String status(HttpResponse<String> reply) {
        return String.valueOf(RunningVault.json(reply).get("status"));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, @Nullable Object>> entries(HttpResponse<String> log, String action) {
        return RunningVault.json(log).get("entries") instanceof List<?> list
                ? list.stream()
                        .map(entry -> (Map<String, @Nullable Object>) entry)
                        .filter(entry -> action.equals(entry.get("action")))
                        .toList()
                : List.of();
    }
}
