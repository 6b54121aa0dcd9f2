package dev.behalf.vault.upstream;

import static dev.behalf.vault.upstream.ConnectedProviders.given;
import static dev.behalf.vault.upstream.ConnectedProviders.parameters;
import static dev.behalf.vault.upstream.ConnectedProviders.refreshToken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.testkit.FakeOAuthProvider;
import dev.behalf.testkit.FakeOAuthProvider.Habits;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.vault.provider.OAuthProvider;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each built-in definition, against a fake with the habits of the real provider.
class BuiltInProvidersTest {

    private static ConnectedProviders providers;

    @BeforeAll
    static void start() {
        providers = new ConnectedProviders(5);
    }

    @AfterAll
    static void stop() {
        providers.close();
    }

    private static AccountInfo account(dev.behalf.vault.provider.Provider provider, Secret token) {
        return Objects.requireNonNull(
                providers.upstream().accountInfo(provider, token).block());
    }

    private static RevocationOutcome revoke(OAuthProvider provider, Secret token) {
        return Objects.requireNonNull(
                providers.upstream().revoke(provider, token).block());
    }

    @ParameterizedTest
    @CsvSource({
        // built-in, habits, an own id, a username, a refresh token comes, it can be revoked
        "github, GITHUB, 583231, alice, false, true",
        "github-app, GITHUB_APP, 583231, alice, true, true",
        "google, GOOGLE, 10769150350006150715113082367, alice@example.com, true, true",
        "kaggle, KAGGLE, 4711, aliceliddell, true, false",
        "linkedin, LINKEDIN, 10769150350006150715113082367, , true, false",
        "slack, SLACK, U024BE7LH, alice, true, true",
        "notion, NOTION, e79a0b74-3aba-4149-9f74-0bb5791a6ee6, , true, true",
        "oidc, STANDARD, 10769150350006150715113082367, , true, true",
    })
    void anAccountIsConnectedDescribedRefreshedAndRevoked(
            String base, Habits habits, String id, @Nullable String username, boolean refreshable, boolean revocable) {
        var fake = providers.fake(habits);
        var provider = providers.oauth(fake, base);

        var tokens = providers.connect(fake, provider, Set.of());
        var account = account(provider, tokens.accessToken());

        assertThat(tokens.tokenType()).isEqualTo("Bearer");
        assertThat(fake.accepts(tokens.accessToken().reveal())).isTrue();
        assertThat(account.id()).isEqualTo(id);
        assertThat(account.username()).isEqualTo(username);
        assertThat(account.name()).isEqualTo("Alice Liddell");
        assertThat(account.email()).isEqualTo("alice@example.com");
        assertThat(account.avatarUrl()).isEqualTo("https://pictures.example.com/alice.jpg");
        assertThat(tokens.refreshToken() != null).isEqualTo(refreshable);
        if (refreshable) {
            var refreshed = given(providers.refresh(provider, refreshToken(tokens)));
            assertThat(fake.accepts(refreshed.accessToken().reveal())).isTrue();
            tokens = refreshed;
        }
        assertThat(revoke(provider, tokens.accessToken()))
                .isEqualTo(revocable ? new RevocationOutcome.Revoked() : new RevocationOutcome.NotSupported());
        assertThat(fake.accepts(tokens.accessToken().reveal())).isNotEqualTo(revocable);
        if (revocable) {
            assertThat(revoke(provider, tokens.accessToken())).as("again").isEqualTo(new RevocationOutcome.Revoked());
        }
        var ended = tokens.accessToken();
        if (revocable) {
            var fault = catchThrowableOfType(UpstreamFailed.class, () -> account(provider, ended));
            assertThat(fault.kind()).isEqualTo(UpstreamFailed.Kind.TOKEN_REFUSED);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "github, GITHUB",
        "github-app, GITHUB_APP",
        "google, GOOGLE",
        "kaggle, KAGGLE",
        "linkedin, LINKEDIN",
        "slack, SLACK",
        "notion, NOTION",
        "oidc, STANDARD",
    })
    void aCodeThatIsNotAcceptedIsTheUsersAndABadSecretIsTheOperatorsMatter(String base, Habits habits) {
        var fake = providers.fake(habits);
        var provider = providers.oauth(fake, base);
        var code = providers.code(fake, provider, Set.of());

        providers.vault.put(
                "/api/v1/providers/" + provider.id(), withSecret(fake.definition(base), "a-mistyped-secret"));
        assertThat(providers.redeem(provider, code)).isInstanceOf(TokenOutcome.Misconfigured.class);

        providers.vault.put("/api/v1/providers/" + provider.id(), fake.definition(base));
        var tokens = given(providers.redeem(provider, code));
        assertThat(providers.redeem(provider, code)).isInstanceOf(TokenOutcome.UserMustReconnect.class);
        assertThat(fake.accepts(tokens.accessToken().reveal())).isTrue();
    }

    private static Map<String, Object> withSecret(Map<String, Object> definition, String secret) {
        var changed = new LinkedHashMap<>(definition);
        changed.put("client", Map.of("id", FakeOAuthProvider.CLIENT, "secret", secret));
        return changed;
    }

    @Test
    void gitHubsScopesComeWithCommasAndItsTokensWithoutAnEnd() {
        var fake = providers.fake(Habits.GITHUB);
        var provider = providers.oauth(fake, "github");

        var tokens = providers.connect(fake, provider, Set.of("repo", "read:org"));

        assertThat(tokens.scopes()).containsExactlyInAnyOrder("repo", "read:org");
        assertThat(tokens.expiresAt()).isNull();
        assertThat(account(provider, tokens.accessToken()).profileUrl()).isEqualTo("https://github.com/alice");
        var sent = fake.last("/token");
        assertThat(sent.headers()).containsEntry("accept", "application/json").containsEntry("user-agent", "Behalf");
        assertThat(sent.parameters()).containsEntry("code_verifier", ConnectedProviders.VERIFIER);
    }

    @Test
    void withBothOldTokensOfAGitHubAppDeadTheNewOnesAreThere() {
        var fake = providers.fake(Habits.GITHUB_APP);
        var provider = providers.oauth(fake, "github-app");
        var before = Instant.now();
        var first = providers.connect(fake, provider, Set.of());

        var second = given(providers.refresh(provider, refreshToken(first)));

        assertThat(first.expiresAt()).isAfterOrEqualTo(before.plus(Duration.ofHours(8)));
        assertThat(fake.accepts(first.accessToken().reveal())).isFalse();
        assertThat(fake.accepts(second.accessToken().reveal())).isTrue();
        assertThat(refreshToken(second).reveal())
                .isNotEqualTo(refreshToken(first).reveal());
        assertThat(providers.refresh(provider, refreshToken(first)))
                .as("bad_refresh_token with status 200")
                .isInstanceOf(TokenOutcome.UserMustReconnect.class);
    }

    @Test
    void googleIsAskedForARefreshTokenEachTimeAndItsRefreshAnswersHoldNone() {
        var fake = providers.fake(Habits.GOOGLE);
        var provider = providers.oauth(fake, "google");
        var once = providers.connect(fake, provider, Set.of());
        assertThat(once.refreshToken()).isNotNull();

        var again = providers.connect(fake, provider, Set.of());
        var refreshed = given(providers.refresh(provider, refreshToken(again)));

        assertThat(refreshed.refreshToken()).isNull();
        assertThat(given(providers.refresh(provider, refreshToken(again))).accessToken())
                .as("the earlier one stays good")
                .isNotNull();
    }

    @Test
    void googleWithoutThePromptGivesNoRefreshTokenTheSecondTime() {
        var fake = providers.fake(Habits.GOOGLE);
        var prompt = new LinkedHashMap<String, @Nullable Object>();
        prompt.put("prompt", null);
        var provider =
                (OAuthProvider) providers.set(fake, "google", Map.of("authorization", Map.of("parameters", prompt)));

        assertThat(providers.connect(fake, provider, Set.of()).refreshToken()).isNotNull();
        assertThat(providers.connect(fake, provider, Set.of()).refreshToken()).isNull();
    }

    @Test
    void whatTheUserGrantedIsKeptNotWhatWasAskedFor() {
        var fake = providers.fake(Habits.GOOGLE);
        var provider = providers.oauth(fake, "google");
        fake.grants("openid https://www.googleapis.com/auth/userinfo.email");

        var granted = Objects.requireNonNull(providers
                .connect(fake, provider, Set.of("openid", "email", "calendar"))
                .scopes());

        assertThat(provider.scopes().missing(Set.of("openid", "email", "calendar"), granted))
                .containsExactly("calendar");
    }

    @Test
    void slacksTokensAreTheUsersAndItsScopesAreAskedForAsThose() {
        var fake = providers.fake(Habits.SLACK);
        var provider = providers.oauth(fake, "slack");

        var url = providers.upstream().authorizationUrl(provider, parameters(Set.of("chat:write", "users:read")));
        var tokens = providers.connect(fake, provider, Set.of("chat:write", "users:read"));

        assertThat(FakeOpenIdProvider.parameters(url.getRawQuery()))
                .doesNotContainKey("scope")
                .hasEntrySatisfying(
                        "user_scope",
                        scopes -> assertThat(scopes.split(",")).containsExactlyInAnyOrder("chat:write", "users:read"));
        assertThat(tokens.scopes()).containsExactlyInAnyOrder("chat:write", "users:read");
    }

    @Test
    void notionIsAskedInJsonWithItsVersionAndSaysNeitherScopesNorAnEnd() {
        var fake = providers.fake(Habits.NOTION);
        var provider = providers.oauth(fake, "notion");

        var tokens = providers.connect(fake, provider, Set.of());

        assertThat(tokens.scopes()).isNull();
        assertThat(tokens.expiresAt()).isNull();
        assertThat(fake.last("/token").headers())
                .containsEntry("content-type", "application/json")
                .containsKey("notion-version");
        assertThat(fake.last("/token").parameters()).doesNotContainKeys("code_verifier", "client_secret");
    }

    @Test
    void aPastedKaggleTokenIsShownToBeWhose() {
        var fake = providers.fake(Habits.KAGGLE);
        var provider = providers.set(fake, "kaggle-token", Map.of());

        var account = account(provider, Secret.of(FakeOAuthProvider.PASTED_KEY));

        assertThat(account.id()).isEqualTo("4711");
        assertThat(account.profileUrl()).isEqualTo("https://www.kaggle.com/aliceliddell");
        assertThat(catchThrowableOfType(UpstreamFailed.class, () -> account(provider, Secret.of("another")))
                        .kind())
                .isEqualTo(UpstreamFailed.Kind.TOKEN_REFUSED);
    }

    @Test
    void anAuthorizationUrlHoldsTheProtocolAndNothingOverridesIt() {
        var fake = providers.fake(Habits.STANDARD);
        var provider = (OAuthProvider) providers.set(
                fake, "oidc", Map.of("authorization", Map.of("parameters", Map.of("audience", "api"))));

        var url = providers
                .upstream()
                .authorizationUrl(
                        provider,
                        new AuthorizationParameters(
                                "s&t=1",
                                AuthorizationParameters.challenge(ConnectedProviders.VERIFIER),
                                ConnectedProviders.REDIRECT,
                                Set.of(),
                                false,
                                Map.of("login_hint", "alice@example.com")));

        assertThat(FakeOpenIdProvider.parameters(url.getRawQuery()))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "response_type",
                        "code",
                        "client_id",
                        FakeOAuthProvider.CLIENT,
                        "redirect_uri",
                        ConnectedProviders.REDIRECT.toString(),
                        "scope",
                        "openid profile email",
                        "state",
                        "s&t=1",
                        "code_challenge",
                        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", // RFC 7636, Appendix B
                        "code_challenge_method",
                        "S256",
                        "audience",
                        "api",
                        "login_hint",
                        "alice@example.com"));
        assertThatThrownBy(() -> providers
                        .upstream()
                        .authorizationUrl(
                                provider,
                                new AuthorizationParameters(
                                        "s",
                                        AuthorizationParameters.challenge(ConnectedProviders.VERIFIER),
                                        URI.create("https://vault.example.com/"),
                                        Set.of(),
                                        false,
                                        Map.of("audience", "other"))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AuthorizationParameters(
                        "s",
                        AuthorizationParameters.challenge(ConnectedProviders.VERIFIER),
                        URI.create("https://vault.example.com/"),
                        Set.of(),
                        false,
                        Map.of("redirect_uri", "https://evil.example.com/")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"42, false", "43, true", "128, true", "129, false", "171, false"})
    void aVerifierHas43To128Characters(int length, boolean accepted) {
        var verifier = "a".repeat(length);

        if (accepted) {
            assertThat(AuthorizationParameters.challenge(verifier)).hasSize(43);
        } else {
            assertThatThrownBy(() -> AuthorizationParameters.challenge(verifier))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
