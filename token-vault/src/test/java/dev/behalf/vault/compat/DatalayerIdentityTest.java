package dev.behalf.vault.compat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.oauth.Audience;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.testkit.FakeRegistrationServer;
import dev.behalf.testkit.FakeRegistrationServer.Form;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The identity module of Agent Runtimes, function by function: what the backend that its documentation
/// promises does for each, and the calls that it makes to one, with the bodies that it sends. Registration as
/// such is in the tests of the authorization server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatalayerIdentityTest {

    private static final String TOKEN = "/api/v1/identity/oauth/token";
    private static final String USERINFO = "/api/v1/identity/oauth/userinfo";
    private static final String REVOKE = "/api/v1/identity/oauth/revoke";
    private static final String BEGIN = "/api/v1/connections/authorizations";
    private static final String PROVIDERS = "/api/v1/providers/";

    private final RotatingProvider provider = RotatingProvider.start();
    private final FakeRegistrationServer server = new FakeRegistrationServer(Form.PATH_APPENDED);
    private RunningVault vault;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        var settings = new HashMap<>(provider.settings(folder));
        settings.put("behalf.outbound.allow", List.of(provider.hostAndPort(), server.host()));
        settings.put("behalf.vault.upstream.failures", 10_000);
        vault = RunningVault.start(settings);
    }

    @AfterEach
    void asItWas() {
        provider.failWith(null, "");
        server.asItWas();
    }

    @AfterAll
    void stop() {
        vault.close();
        provider.close();
        server.close();
    }

    /// `OAuthProvider`, `AuthType`: the names of the module, `custom` for any other, OAuth or a token.
    @ParameterizedTest
    @ValueSource(strings = {"github", "google", "kaggle", "linkedin", "slack", "notion"})
    void oauthProvidersOfTheModuleNeedAClientAndNoMore(String name) {
        var stored = vault.put(PROVIDERS + name, Map.of("client", Map.of("id", "x", "secret", "y")));

        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
        assertThat(vault.delete(PROVIDERS + name).statusCode()).isEqualTo(204);
    }

    /// `OAuthProviderConfig`, `additionalParams`: a definition; further parameters are sent, and cannot take
    /// those of the protocol away (there, they can).
    @Test
    void oauthProviderConfigIsADefinitionWhoseParametersCannotReplaceThoseOfTheProtocol() {
        Map<String, Object> definition = Map.of(
                "kind",
                "oauth",
                "displayName",
                "Custom",
                "client",
                Map.of("id", "x"),
                "authorization",
                Map.of("url", "https://custom.example/authorize", "parameters", Map.of("state", "mine")),
                "token",
                Map.of("url", "https://custom.example/token"),
                "scopes",
                Map.of("standard", List.of("read")));

        assertThat(vault.put(PROVIDERS + "custom", definition).statusCode()).isEqualTo(400);
    }

    /// `TokenProviderConfig`, `KAGGLE_TOKEN_PROVIDER`, `connectWithToken`: a pasted token has no scopes and no
    /// end.
    @Test
    void connectWithToken() {
        var user = new VaultUser();

        var connected = vault.post(
                "/api/v1/connections/keys",
                Map.of("provider", "keys", "key", "KGAT_pasted", "account", "me"),
                user.own());

        assertThat(connected.statusCode()).as(connected.body()).isEqualTo(201);
        assertThat(user.connections(vault).getFirst())
                .containsEntry("scopes", List.of())
                .containsEntry("expires", "Token does not expire")
                .containsEntry("status", "valid")
                .doesNotContainKey("expires_at");
    }

    /// `startAuthorization`: its parameters, with a challenge that the browser makes or the vault.
    @Test
    void startAuthorization() {
        var user = new VaultUser();
        var asked = FakeOpenIdProvider.parameters(begin(user, verifier('a')).getRawQuery());

        assertThat(asked)
                .containsEntry("response_type", "code")
                .containsEntry("client_id", "vault")
                .containsEntry("redirect_uri", RotatingProvider.REDIRECT)
                .containsEntry("scope", "openid profile email")
                .containsEntry("code_challenge", challenge(verifier('a')))
                .containsEntry("code_challenge_method", "S256");
        assertThat(asked.getOrDefault("state", "")).hasSizeGreaterThanOrEqualTo(43);
    }

    /// `pendingAuthorization`: there is one in each browser there; here as many as a user needs.
    @Test
    void manyAuthorizationsArePendingAtATime() {
        var user = new VaultUser();
        var first = begin(user, verifier('1'));
        var second = begin(user, verifier('2'));

        assertThat(exchange(user, approve(second, "second"), verifier('2')).statusCode())
                .isEqualTo(200);
        assertThat(exchange(user, approve(first, "first"), verifier('1')).statusCode())
                .isEqualTo(200);
        assertThat(user.connections(vault)).hasSize(2);
    }

    /// POST `…/token`, `completeAuthorization`: the body and the answer of the module. What was granted is
    /// told, and in place of the refresh token comes the handle of a connection.
    @Test
    void completeAuthorization() {
        var user = new VaultUser();
        var reply = exchange(user, approve(begin(user, verifier('v')), "octocat"), verifier('v'));

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(RunningVault.json(reply))
                .containsOnlyKeys("access_token", "token_type", "expires_in", "refresh_token", "scope")
                .containsEntry("token_type", "Bearer")
                .containsEntry("scope", "email openid profile")
                .satisfies(json -> assertThat(json.get("access_token")).isIn(provider.given()))
                .satisfies(json ->
                        assertThat(String.valueOf(json.get("expires_in"))).matches("[0-9]{2}"));
        assertThat(reply.body()).doesNotContain("refresh-token-secret");
        assertThat(audit(user)).contains("\"token.read\"", "the user's own program");
    }

    /// The same for a program that leaves PKCE to the vault and sends back the state.
    @Test
    void completeAuthorizationWithTheVaultsOwnVerifier() {
        var user = new VaultUser();
        var answer = provider.approve(user.begin(vault), "octocat");

        var reply = post(
                user,
                TOKEN,
                Map.of(
                        "provider",
                        "demo",
                        "code",
                        answer.getOrDefault("code", ""),
                        "state",
                        answer.getOrDefault("state", ""),
                        "redirect_uri",
                        RotatingProvider.REDIRECT));

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    }

    /// The module's exchange is open to anybody; here a code is good for who began, once, as it was begun.
    @Test
    void anExchangeIsForTheUserWhoBeganOnceAndWithTheSameVerifierAndRedirect() {
        var user = new VaultUser();
        var code = approve(begin(user, verifier('o')), "octocat");
        var body = Map.of(
                "provider",
                "demo",
                "code",
                code,
                "code_verifier",
                verifier('o'),
                "redirect_uri",
                RotatingProvider.REDIRECT);

        assertThat(vault.post(TOKEN, body, null).statusCode()).isEqualTo(401);
        assertThat(detail(exchange(new VaultUser(), code, verifier('o')), 400)).contains("invalid_grant");
        assertThat(detail(exchange(user, code, verifier('x')), 400)).contains("invalid_grant");
        assertThat(detail(post(user, TOKEN, with(body, "redirect_uri", "https://elsewhere.example/")), 400))
                .contains("invalid_grant");
        assertThat(detail(post(user, TOKEN, with(body, "provider", "keys")), 400))
                .contains("invalid_grant");

        assertThat(post(user, TOKEN, body).statusCode()).isEqualTo(200);
        assertThat(detail(post(user, TOKEN, body), 400)).contains("invalid_grant");
    }

    /// An agent is given tokens where its user lets it, and by no other way.
    @Test
    void anAgentDoesNotGetATokenThisWay() {
        var user = new VaultUser();
        var code = approve(begin(user, verifier('g')), "octocat");

        var body = Map.of(
                "provider",
                "demo",
                "code",
                code,
                "code_verifier",
                verifier('g'),
                "redirect_uri",
                RotatingProvider.REDIRECT);
        var throughAnApp = FakeAuthzServer.shared()
                .token(
                        Audience.TOKEN_VAULT,
                        "connections:manage connections:use",
                        Map.of("sub", user.name(), "client_id", "the-app", "act", Map.of("sub", "an-agent")));

        assertThat(vault.post(TOKEN, body, "Bearer " + throughAnApp).statusCode())
                .isEqualTo(403);
        // No other scope does an agent get that is a client by itself.
        assertThat(vault.post(TOKEN, body, RunningVault.agent(user.name(), "an-agent", "connections:use"))
                        .statusCode())
                .isEqualTo(403);
    }

    /// Errors are `{"detail"}`: 400 for an unknown provider and for a code that the provider refuses (also with
    /// status 200, as GitHub does: `BuiltInProvidersTest`), 502 for one that does not answer.
    @Test
    void errorsHaveADetail() {
        var user = new VaultUser();

        assertThat(detail(
                        post(
                                user,
                                TOKEN,
                                Map.of("provider", "nobody", "code", "x", "redirect_uri", "https://x.example")),
                        400))
                .isEqualTo("unknown provider");
        var _ = begin(user, verifier('e'));
        assertThat(detail(exchange(user, "a-wrong-code", verifier('e')), 400)).contains("did not accept the code");
        var code = approve(begin(user, verifier('e')), "octocat");
        provider.failWith(503, "server_error");
        var away = exchange(user, code, verifier('e'));
        assertThat(detail(away, 502)).contains("does not answer as it should");
        assertThat(away.headers().firstValue("Retry-After")).isPresent();
        assertThat(detail(post(user, TOKEN, Map.of("provider", "demo", "code", "x")), 400))
                .isEqualTo("redirect_uri is required");
        assertThat(detail(post(user, TOKEN, Map.of("provider", "demo", "grant_type", "password")), 400))
                .contains("grant_type");
    }

    /// `completeAuthorization` with `error`, with a state that is not pending, or with the issuer of another.
    @Test
    void completeAuthorizationRefusesErrorsUnknownStatesAndOtherIssuers() {
        var user = new VaultUser();
        var state =
                FakeOpenIdProvider.parameters(user.begin(vault).getRawQuery()).getOrDefault("state", "");

        assertThat(user.complete(vault, Map.of("state", "unknown", "code", "x")).statusCode())
                .isEqualTo(400);
        assertThat(user.complete(vault, Map.of("state", state, "error", "access_denied"))
                        .statusCode())
                .isEqualTo(400);
        var other =
                FakeOpenIdProvider.parameters(user.begin(vault).getRawQuery()).getOrDefault("state", "");
        assertThat(user.complete(vault, Map.of("state", other, "code", "x", "iss", "https://elsewhere.example"))
                        .statusCode())
                .isEqualTo(400);
    }

    /// `generateCodeVerifier(n)`: of 43 to 128 characters; those that the module makes of 97 bytes and more are
    /// too long.
    @ParameterizedTest
    @CsvSource({"42, 400", "43, 200", "128, 200", "130, 400", "171, 400"})
    void generateCodeVerifier(int characters, int status) {
        var user = new VaultUser();
        var verifier = "v".repeat(characters);

        var reply = exchange(user, approve(begin(user, verifier), "octocat"), verifier);

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        if (status == 400) {
            assertThat(detail(reply, 400)).contains("invalid_request");
        }
    }

    /// POST `…/token` with `grant_type: refresh_token`, `refreshToken`: works here; the handle stays.
    @Test
    void refreshToken() {
        var user = new VaultUser();
        var tokens = tokens(user);
        var refreshed = refresh(user, tokens);

        assertThat(refreshed.statusCode()).as(refreshed.body()).isEqualTo(200);
        assertThat(RunningVault.json(refreshed))
                .containsOnlyKeys("access_token", "token_type", "expires_in", "scope")
                .containsEntry("scope", "email openid profile")
                .satisfies(json -> assertThat(json.get("access_token")).isIn(provider.given()))
                .doesNotContainEntry("access_token", tokens.get("access_token"));
        assertThat(detail(refresh(new VaultUser(), tokens), 400)).contains("none of your connections");
        assertThat(detail(refresh(user, Map.of("refresh_token", "refresh-token-secret-1")), 400))
                .contains("none of your connections");
    }

    /// `refreshToken`, of many tabs at a time: one refresh, and no `invalid_grant`.
    @Test
    void refreshTokenOfManyTabsIsOneRefresh() throws Exception {
        var user = new VaultUser();
        var tokens = tokens(user);
        int refreshes = provider.refreshes();
        int reuses = provider.reuses();
        provider.slowness(Duration.ofMillis(500));
        var given = new ArrayList<Object>();
        try (var tabs = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<HttpResponse<String>>>();
            for (int i = 0; i < 10; i++) {
                tasks.add(() -> refresh(user, tokens));
            }
            for (var reply : tabs.invokeAll(tasks)) {
                assertThat(reply.get().statusCode()).as(reply.get().body()).isEqualTo(200);
                given.add(RunningVault.json(reply.get()).get("access_token"));
            }
        } finally {
            provider.slowness(Duration.ZERO);
        }
        assertThat(provider.refreshes() - refreshes).isBetween(1, 10);
        assertThat(provider.reuses()).isEqualTo(reuses);
        assertThat(given).doesNotContain(tokens.get("access_token"));
    }

    /// `refreshToken`, refused or unanswered: the module gives up the token; here it is served while it is
    /// good.
    @Test
    void refreshTokenThatIsNotAnsweredLosesNothing() {
        var user = new VaultUser();
        var tokens = tokens(user);
        provider.failWith(503, "temporarily_unavailable");

        assertThat(RunningVault.json(refresh(user, tokens))).containsEntry("access_token", tokens.get("access_token"));
    }

    /// POST `…/userinfo`, `ProviderUserInfo`: the normalised account, with the profile link that the module
    /// loses; for the user's own tokens only.
    @Test
    void userInfo() {
        var user = new VaultUser();
        var token = tokens(user).get("access_token");
        var body = new HashMap<String, Object>(Map.of("provider", "demo", "access_token", String.valueOf(token)));

        var reply = post(user, USERINFO, body);

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        assertThat(RunningVault.json(reply))
                .containsOnlyKeys("id", "name", "email", "avatar_url", "login", "profile_url", "raw")
                .containsEntry("id", "octocat")
                .containsEntry("login", "octocat-there")
                .containsEntry("name", "A. Person");
        assertThat(detail(post(new VaultUser(), USERINFO, body), 400)).contains("none of your connections");
        assertThat(vault.post(USERINFO, body, null).statusCode()).isEqualTo(401);
    }

    /// POST `…/revoke`, `disconnect`: ended at the provider and here; again is as good.
    @Test
    void revoke() {
        var user = new VaultUser();
        var tokens = tokens(user);
        var body = Map.of("provider", "demo", "access_token", String.valueOf(tokens.get("access_token")));

        assertThat(RunningVault.json(post(new VaultUser(), REVOKE, body))).containsEntry("revoked", false);
        assertThat(RunningVault.json(post(user, REVOKE, body)))
                .containsEntry("revoked", true)
                .containsEntry("at_provider", "revoked");
        assertThat(RunningVault.json(post(user, REVOKE, body))).containsEntry("revoked", false);
        assertThat(user.connections(vault)).isEmpty();
        assertThat(detail(refresh(user, tokens), 400)).contains("none of your connections");
        assertThat(audit(user)).contains("\"disconnected\"");
    }

    /// `Identity`, `OAuthToken`, `isConnected`, `getIdentity`, `getConnectedIdentities`: what is known of a
    /// connection, with `expires_at` as a time and in milliseconds; no token.
    @Test
    void identitiesOfAUser() {
        var user = new VaultUser();
        var _ = tokens(user);

        assertThat(user.connections(vault))
                .singleElement()
                .satisfies(connection -> assertThat(connection)
                        .containsEntry("provider", "demo")
                        .containsEntry("scopes", List.of("email", "openid", "profile"))
                        .containsEntry("refreshable", true)
                        .containsKeys("id", "account", "connected_at", "agents")
                        .satisfies(json -> assertThat(json.get("expires_at_ms"))
                                .isEqualTo(Instant.parse(String.valueOf(json.get("expires_at")))
                                        .toEpochMilli())));
        assertThat(vault.get("/api/v1/connections", user.own()).body()).doesNotContain("token-secret");
    }

    /// `getTokenStatus`, `formatExpirationStatus`: the same words and thresholds as the module's, save that a
    /// token has expired at its very instant (`TokenStatusTest` has the edges).
    @Test
    void getTokenStatus() {
        var user = new VaultUser();
        var _ = tokens(user);

        assertThat(user.connections(vault).getFirst())
                .containsEntry("status", "expiring_soon") // 90 seconds, of less than 5 minutes
                .satisfies(json -> assertThat(String.valueOf(json.get("expires")))
                        .matches("Expires in (1 minute|[0-9]+ seconds)"));
    }

    /// `discoverAuthorizationServer`, `supportsDCR`, `registerClient`, `getOrCreateDynamicClient`,
    /// `dynamicClientToProviderConfig`: an issuer becomes a provider of that name, whose client is shared; what
    /// the module keeps in `localStorage` is sealed.
    @Test
    void dynamicClientToProviderConfig() {
        var added = vault.put(PROVIDERS + "dynamic", Map.of("discover", Map.of("issuer", server.issuer())));
        assertThat(added.statusCode()).as(added.body()).isEqualTo(201);
        assertThat(added.body()).contains("\"displayName\":\"127.0.0.1\"");
        var user = new VaultUser();

        var begun = vault.post(
                BEGIN,
                Map.of(
                        "provider",
                        server.issuer(),
                        "redirect_uri",
                        RotatingProvider.REDIRECT,
                        "code_challenge",
                        challenge(verifier('d'))),
                user.own());
        var answer = server.approve(url(begun));
        var reply = post(
                user,
                TOKEN,
                Map.of(
                        "provider",
                        server.issuer(),
                        "code",
                        answer.getOrDefault("code", ""),
                        "code_verifier",
                        verifier('d'),
                        "redirect_uri",
                        RotatingProvider.REDIRECT,
                        "iss",
                        server.issuer()));

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        assertThat(vault.texts("SELECT t::text FROM client_registration t"))
                .noneMatch(text -> server.secrets().stream().anyMatch(text::contains));

        // updateClientRegistration, with a part of it and no client_id; deleteClientRegistration
        assertThat(vault.put(PROVIDERS + "dynamic/registration", Map.of("client_name", "Agent Runtimes Client"))
                        .body())
                .contains("Agent Runtimes Client");
        vault.delete(PROVIDERS + "dynamic/registration");
        assertThat(server.clients()).isEmpty();
        vault.delete(PROVIDERS + "dynamic");
    }

    private Map<String, @Nullable Object> tokens(VaultUser user) {
        var reply = exchange(user, approve(begin(user, verifier('t')), "octocat"), verifier('t'));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return RunningVault.json(reply);
    }

    private HttpResponse<String> refresh(VaultUser user, Map<String, ? extends @Nullable Object> tokens) {
        return post(
                user,
                TOKEN,
                Map.of(
                        "provider",
                        "demo",
                        "grant_type",
                        "refresh_token",
                        "refresh_token",
                        String.valueOf(tokens.get("refresh_token"))));
    }

    private HttpResponse<String> exchange(VaultUser user, String code, String verifier) {
        return post(
                user,
                TOKEN,
                Map.of(
                        "provider",
                        "demo",
                        "code",
                        code,
                        "code_verifier",
                        verifier,
                        "redirect_uri",
                        RotatingProvider.REDIRECT));
    }

    private URI begin(VaultUser user, String verifier) {
        var begun = vault.post(
                BEGIN,
                Map.of(
                        "provider",
                        "demo",
                        "redirect_uri",
                        RotatingProvider.REDIRECT,
                        "code_challenge",
                        challenge(verifier),
                        "code_challenge_method",
                        "S256"),
                user.own());
        return url(begun);
    }

    private static URI url(HttpResponse<String> begun) {
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
        return URI.create(String.valueOf(RunningVault.json(begun).get("authorization_url")));
    }

    private String approve(URI authorizationUrl, String account) {
        return provider.approve(authorizationUrl, account).getOrDefault("code", "");
    }

    private HttpResponse<String> post(VaultUser user, String path, Map<String, ?> body) {
        return vault.post(path, body, user.own("connections:read connections:manage connections:use"));
    }

    private String audit(VaultUser user) {
        return vault.get("/api/v1/audit?subject=" + user.name()).body();
    }

    private static String detail(HttpResponse<String> reply, int status) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        return String.valueOf(RunningVault.json(reply).get("detail"));
    }

    private static Map<String, Object> with(Map<String, String> body, String name, String value) {
        var all = new HashMap<String, Object>(body);
        all.put(name, value);
        return all;
    }

    private static String verifier(char letter) {
        return String.valueOf(letter).repeat(64);
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
