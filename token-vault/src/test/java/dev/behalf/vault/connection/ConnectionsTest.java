package dev.behalf.vault.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// From connecting an account to an agent that has its token, and back.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionsTest {

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
    void anAccountThatIsConnectedIsShownWithoutItsTokens() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");

        assertThat(user.connections(vault))
                .singleElement()
                .satisfies(connection -> assertThat(connection)
                        .containsEntry("id", id)
                        .containsEntry("provider", "demo")
                        .containsEntry("status", "expiring_soon")
                        .containsEntry("refreshable", true)
                        .extractingByKey("account")
                        .isEqualTo(Map.of("id", "octocat", "username", "octocat-there", "name", "A. Person")));
        assertThat(user.connections(vault).toString()).doesNotContain("token-secret");
        assertThat(new VaultUser().connections(vault)).isEmpty();
    }

    @Test
    void anAgentGetsTheTokenOnlyWhileItsUserLetsIt() {
        var user = new VaultUser();
        assertThat(user.status(vault)).isEqualTo("not_connected");
        var id = user.connect(vault, provider, "octocat");

        var refused = user.ask(vault, "");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(RunningVault.json(refused))
                .containsEntry("status", "consent_required")
                .containsEntry("error", "CONSENT_REQUIRED")
                .extractingByKey("authorization_url")
                .asString()
                .contains("/connections/connect/demo?agent=" + VaultUser.AGENT);

        user.allow(vault, id);
        var given = user.ask(vault, "?purpose=a%20pull%20request");
        assertThat(given.statusCode()).isEqualTo(200);
        assertThat(given.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(RunningVault.json(given))
                .containsEntry("status", "active")
                .containsEntry("account", "octocat")
                .extractingByKey("access_token")
                .isIn(provider.given());
        assertThat(vault.get(
                                "/api/v1/connections/demo/token",
                                RunningVault.agent(user.name(), "another-agent", "connections:use"))
                        .statusCode())
                .isEqualTo(403);

        assertThat(vault.send(vault.request("/api/v1/connections/" + id + "/agents/" + VaultUser.AGENT, user.own())
                                .DELETE())
                        .statusCode())
                .isEqualTo(204);
        assertThat(user.status(vault)).isEqualTo("consent_required");
    }

    @Test
    void everyTokenThatIsGivenOrRefusedIsInTheAuditLogAndNoTokenIs() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        user.ask(vault, "");
        user.allow(vault, id);
        user.ask(vault, "?purpose=to%20look");

        var log = vault.get("/api/v1/audit?subject=" + user.name()).body();
        assertThat(log)
                .contains(
                        "\"connected\"", "\"token.refused\"", "consent_required", "\"consent.given\"", "\"token.read\"")
                .contains("to look", VaultUser.AGENT, "tokenDigest")
                .doesNotContain("token-secret");
    }

    /// For people who come from elsewhere.
    @Test
    void aRefreshTokenThatIsBroughtIsProvedByItsExchangeAndUsedUp() {
        var user = new VaultUser();
        var brought = provider.issueRefreshToken("octocat");
        var body = Map.of("provider", "demo", "refresh_token", brought, "scopes", List.of("read"));

        var connected = vault.post("/api/v1/connections/tokens", body, user.own());

        assertThat(connected.statusCode()).as(connected.body()).isEqualTo(201);
        var json = RunningVault.json(connected);
        assertThat(json).containsEntry("provider", "demo").containsEntry("account", "octocat");
        assertThat(user.connections(vault).getFirst()).containsEntry("scopes", List.of("read"));
        assertThat(provider.refreshTokens()).doesNotContain(brought);
        user.allow(vault, String.valueOf(json.get("id")));
        assertThat(RunningVault.json(user.ask(vault, "?scopes=read")))
                .containsEntry("status", "active")
                .extractingByKey("access_token")
                .isIn(provider.given());
        assertThat(vault.get("/api/v1/audit?subject=" + user.name()).body())
                .contains("\"connected\"")
                .doesNotContain(brought);
    }

    @Test
    void aRefreshTokenIsNotTakenThatProvesNothing() {
        var user = new VaultUser();
        var used = provider.issueRefreshToken("octocat");
        var body = Map.of("provider", "demo", "refresh_token", used);
        assertThat(vault.post("/api/v1/connections/tokens", body, new VaultUser().own())
                        .statusCode())
                .isEqualTo(201);

        var again = vault.post("/api/v1/connections/tokens", body, user.own());
        assertThat(again.statusCode()).as(again.body()).isEqualTo(400);
        assertThat(again.body()).contains("did not accept the token").doesNotContain(used);
        assertThat(bring(user, Map.of("provider", "keys", "refresh_token", "x")))
                .isEqualTo(400);
        assertThat(bring(user, Map.of("provider", "nobody", "refresh_token", "x")))
                .isEqualTo(404);
        assertThat(bring(user, Map.of("provider", "demo"))).isEqualTo(400);
        assertThat(vault.post(
                                "/api/v1/connections/tokens",
                                body,
                                RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(user.connections(vault)).isEmpty();
    }

    private int bring(VaultUser user, Map<String, ?> body) {
        return vault.post("/api/v1/connections/tokens", body, user.own()).statusCode();
    }

    @Test
    void aScopeThatTheAccountHasNotIsNamed() {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));

        var missing = user.ask(vault, "?scopes=openid%20repo");
        assertThat(missing.statusCode()).isEqualTo(403);
        assertThat(RunningVault.json(missing))
                .containsEntry("status", "missing_scopes")
                .containsEntry("missing_scopes", java.util.List.of("repo"));
        assertThat(user.ask(vault, "?scopes=openid").statusCode()).isEqualTo(200);
    }

    @Test
    void aStateIsGoodOnceForWhoeverBeganIt() {
        var user = new VaultUser();
        var answer = provider.approve(user.begin(vault), "octocat");

        assertThat(new VaultUser().complete(vault, answer).statusCode()).isEqualTo(400);
        assertThat(user.complete(vault, answer).statusCode()).isEqualTo(201);
        assertThat(user.complete(vault, answer).statusCode()).isEqualTo(400);
        assertThat(user.connections(vault)).hasSize(1);
    }

    @Test
    void anAnswerOfAnotherProviderOrARefusalConnectsNothing() {
        var user = new VaultUser();
        var mixed = new HashMap<>(provider.approve(user.begin(vault), "octocat"));
        mixed.put("iss", "https://other.example");
        assertThat(user.complete(vault, mixed).body()).contains("another provider's");

        var denied = new HashMap<>(provider.approve(user.begin(vault), "octocat"));
        denied.remove("code");
        denied.put("error", "access_denied");
        assertThat(user.complete(vault, denied).statusCode()).isEqualTo(400);

        var injected = new HashMap<>(provider.approve(user.begin(vault), "octocat"));
        injected.put(
                "code", provider.approve(new VaultUser().begin(vault), "eve").getOrDefault("code", ""));
        assertThat(user.complete(vault, injected).body()).contains("did not accept the code");
        assertThat(user.connections(vault)).isEmpty();
    }

    @Test
    void onlyRedirectUrisOfTheOperatorAreTaken() {
        assertThat(vault.post(
                                "/api/v1/connections/authorizations",
                                Map.of("provider", "demo", "redirect_uri", RotatingProvider.REDIRECT + "/"),
                                new VaultUser().own())
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void toConnectAgainMeansTheSameAccount() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        var again = Map.of("provider", "demo", "redirect_uri", RotatingProvider.REDIRECT, "connection", id);

        var other = vault.post("/api/v1/connections/authorizations", again, user.own());
        var url = java.net.URI.create(String.valueOf(RunningVault.json(other).get("authorization_url")));
        assertThat(user.complete(vault, provider.approve(url, "somebody-else")).body())
                .contains("another account");
        assertThat(provider.refreshTokensOf("somebody-else"))
                .as("what is not kept is ended")
                .isNotEmpty()
                .isSubsetOf(provider.revoked());

        var third = vault.post("/api/v1/connections/authorizations", again, user.own());
        url = java.net.URI.create(String.valueOf(RunningVault.json(third).get("authorization_url")));
        new VaultUser().connect(vault, provider, "a-colleague");
        assertThat(user.complete(vault, provider.approve(url, "a-colleague")).body())
                .contains("another account");
        assertThat(provider.refreshTokensOf("a-colleague"))
                .as("a provider might end those of the connection with them")
                .hasSize(2)
                .doesNotContainAnyElementsOf(provider.revoked());

        assertThat(user.connect(vault, provider, "octocat")).isEqualTo(id);
        assertThat(user.connect(vault, provider, "second")).isNotEqualTo(id);
        assertThat(user.connections(vault)).hasSize(2);
    }

    @Test
    void ofSeveralAccountsTheAgentMustNameOne() {
        var user = new VaultUser();
        var first = user.connect(vault, provider, "first");
        var second = user.connect(vault, provider, "second");
        user.allow(vault, first);
        assertThat(RunningVault.json(user.ask(vault, ""))).containsEntry("account", "first");

        user.allow(vault, second);
        assertThat(user.ask(vault, "").statusCode()).isEqualTo(409);
        assertThat(RunningVault.json(user.ask(vault, "?connection=" + second))).containsEntry("account", "second");
    }

    @Test
    void whatIsDisconnectedIsDestroyed() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        user.allow(vault, id);
        var secrets = "SELECT record FROM sealed_secret WHERE owner = '" + user.name() + "'";
        assertThat(vault.texts(secrets)).containsExactly("connection/" + id);

        assertThat(vault.send(vault.request("/api/v1/connections/" + id, new VaultUser().own())
                                .DELETE())
                        .statusCode())
                .isEqualTo(404);
        int revoked = provider.revoked().size();
        var gone = vault.send(
                vault.request("/api/v1/connections/" + id, user.own()).DELETE());
        assertThat(gone.statusCode()).isEqualTo(200);
        assertThat(gone.body()).isEqualTo("{\"at_provider\":\"revoked\"}");
        assertThat(provider.revoked()).hasSize(revoked + 1).allMatch(token -> token.startsWith("refresh-token-secret"));
        assertThat(vault.texts(secrets)).isEmpty();
        assertThat(user.status(vault)).isEqualTo("not_connected");
    }

    @Test
    void aKeyThatIsPastedIsGivenAsItIs() {
        var user = new VaultUser();
        var pasted = vault.post(
                "/api/v1/connections/keys", Map.of("provider", "keys", "key", "pasted-token-secret"), user.own());
        assertThat(pasted.statusCode()).as(pasted.body()).isEqualTo(201);
        user.allow(vault, String.valueOf(RunningVault.json(pasted).get("id")));

        var given = vault.get(
                "/api/v1/connections/keys/token", RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use"));
        assertThat(RunningVault.json(given))
                .containsEntry("access_token", "pasted-token-secret")
                .doesNotContainKey("expires_at");
        assertThat(user.connections(vault).toString()).contains("Token does not expire");
    }

    @Test
    void anUnknownProviderIsNotFoundAndAnAgentCannotManage() {
        var user = new VaultUser();
        var agent = RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use");
        assertThat(vault.get("/api/v1/connections/nothing/token", agent).statusCode())
                .isEqualTo(404);
        assertThat(vault.get("/api/v1/connections", agent).statusCode()).isEqualTo(403);
        assertThat(vault.get("/api/v1/connections/demo/token?scopes=a&scopes=b", agent)
                        .statusCode())
                .isEqualTo(400);
    }
}
