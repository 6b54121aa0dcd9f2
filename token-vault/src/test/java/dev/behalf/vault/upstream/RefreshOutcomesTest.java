package dev.behalf.vault.upstream;

import static dev.behalf.vault.upstream.ConnectedProviders.given;
import static dev.behalf.vault.upstream.ConnectedProviders.refreshToken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.testkit.FakeOAuthProvider;
import dev.behalf.testkit.FakeOAuthProvider.Answer;
import dev.behalf.testkit.FakeOAuthProvider.Habits;
import dev.behalf.vault.provider.ClientSecrets;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.RegisteredClients;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What becomes of a refresh for each answer that a provider may give.
class RefreshOutcomesTest {

    private static final String LEAK = "what-the-provider-wrote";

    private static ConnectedProviders providers;
    private static FakeOAuthProvider fake;
    private static OAuthProvider provider;

    @BeforeAll
    static void start() {
        providers = new ConnectedProviders(2);
        fake = providers.fake(Habits.STANDARD);
        provider = providers.oauth(fake, "oidc");
    }

    @AfterAll
    static void stop() {
        providers.close();
    }

    private static TokenOutcome after(Answer answer) {
        fake.answers("/token", answer);
        return providers.refresh(provider, Secret.of("some-refresh-token"));
    }

    private static String reason(TokenOutcome outcome) {
        return switch (outcome) {
            case TokenOutcome.Given _ -> "";
            case TokenOutcome.UserMustReconnect(var reason) -> reason;
            case TokenOutcome.Misconfigured(var reason) -> reason;
            case TokenOutcome.ScopeRefused(var reason) -> reason;
            case TokenOutcome.Unavailable away -> away.reason();
        };
    }

    @ParameterizedTest
    @CsvSource({
        "400, invalid_grant, UserMustReconnect",
        "200, invalid_grant, UserMustReconnect",
        "401, invalid_client, Misconfigured",
        "400, invalid_client, Misconfigured",
        "400, unauthorized_client, Misconfigured",
        "400, unsupported_grant_type, Misconfigured",
        "400, invalid_scope, ScopeRefused",
        "400, temporarily_unavailable, Unavailable",
        "400, slow_down, Unavailable",
        "400, something_new, Unavailable",
        "200, something_new, Unavailable",
        "429, invalid_grant, Unavailable",
        "500, invalid_grant, Unavailable",
        "503, invalid_client, Unavailable",
    })
    void anErrorIsTheUsersOrTheOperatorsOrPasses(int status, String error, String outcome) {
        var answer = after(Answer.json(status, Map.of("error", error, "error_description", LEAK)));

        assertThat(answer.getClass().getSimpleName()).isEqualTo(outcome);
        assertThat(reason(answer)).isNotEmpty().doesNotContain(LEAK, error);
    }

    @Test
    void aRefreshTokenThatWasUsedBeforeEndsTheConnection() {
        var first = providers.connect(fake, provider, Set.of());
        var second = given(providers.refresh(provider, refreshToken(first)));

        assertThat(providers.refresh(provider, refreshToken(first))).isInstanceOf(TokenOutcome.UserMustReconnect.class);
        assertThat(providers.refresh(provider, refreshToken(second)))
                .isInstanceOf(TokenOutcome.UserMustReconnect.class);
    }

    @ParameterizedTest
    @CsvSource({"429, 7, 7", "503, 120, 120", "429, 99999999, 86400", "429, soon, ", "503, , "})
    void theProviderSaysWhenToComeBackAtMostADayAhead(int status, String header, Long seconds) {
        Map<String, String> headers = header == null ? Map.of() : Map.of("Retry-After", header);

        var outcome = (TokenOutcome.Unavailable) after(new Answer(status, headers, ""));

        assertThat(outcome.retryAfter()).isEqualTo(seconds == null ? null : Duration.ofSeconds(seconds));
    }

    @Test
    void whatIsNoTokenAnswerPassesAndTouchesNobody() {
        var answers = List.of(
                Answer.html(200),
                Answer.html(401),
                Answer.html(502),
                new Answer(200, Map.of(), ""),
                new Answer(200, Map.of("Content-Type", "application/json"), "[]"),
                new Answer(200, Map.of("Content-Type", "application/json"), "{\"access_token\":"),
                new Answer(200, Map.of("Content-Type", "application/x-www-form-urlencoded"), "access_token=" + LEAK),
                new Answer(302, Map.of("Location", fake.url() + "/elsewhere"), ""),
                Answer.json(200, Map.of()),
                Answer.json(200, Map.of("access_token", "")),
                Answer.json(200, Map.of("access_token", 7)),
                Answer.json(200, Map.of("access_token", "with\nnewline")),
                Answer.json(403, Map.of("message", LEAK)),
                Answer.json(200, Map.of("access_token", "x".repeat(200_000))));

        for (var answer : answers) {
            var outcome = after(answer);

            assertThat(outcome)
                    .as(answer.status() + " " + answer.headers())
                    .isInstanceOf(TokenOutcome.Unavailable.class);
            assertThat(reason(outcome)).doesNotContain(LEAK);
        }
        assertThat(fake.arrived()).noneMatch(request -> request.path().equals("/elsewhere"));
    }

    @Test
    void aTokenUnderAWrongMediaTypeIsATokenStill() {
        var outcome = after(new Answer(200, Map.of("Content-Type", "text/plain"), "{\"access_token\":\"rotated\"}"));

        assertThat(given(outcome).accessToken().reveal()).isEqualTo("rotated");
    }

    @Test
    void whatTheAnswerLeavesOutIsLeftOut() {
        var tokens = given(after(Answer.json(200, Map.of("access_token", "at"))));

        assertThat(tokens.refreshToken()).isNull();
        assertThat(tokens.expiresAt()).isNull();
        assertThat(tokens.scopes()).isNull();
        assertThat(tokens.tokenType()).isEqualTo("Bearer");
    }

    @ParameterizedTest
    @CsvSource({"3600, 3600", "0, 0", "'\"3600\"', 3600", "1.5e3, 1500", "-1, ", "'\"soon\"', ", "1e60, 315360000"})
    void aLifeIsReadAsItIsWritten(String written, Long seconds) {
        var before = Instant.now();

        var tokens = given(after(new Answer(200, Map.of(), "{\"access_token\":\"a\",\"expires_in\":" + written + "}")));

        if (seconds == null) {
            assertThat(tokens.expiresAt()).isNull();
        } else {
            assertThat(tokens.expiresAt())
                    .isBetween(before.plusSeconds(seconds), Instant.now().plusSeconds(seconds));
        }
    }

    @Test
    void aLifeMayBeInOtherUnitsOrOfALengthThatIsNotSaid() {
        var other = providers.fake(Habits.STANDARD);
        var odd = (OAuthProvider) providers.set(
                other, "oidc", Map.of("token", Map.of("expiryUnit", "milliseconds", "expiryIfUnsaid", "PT2H")));
        other.answers("/token", Answer.json(200, Map.of("access_token", "a", "expires_in", 60_000)));
        other.answers("/token", Answer.json(200, Map.of("access_token", "a")));
        var before = Instant.now();

        var said = given(providers.refresh(odd, Secret.of("rt")));
        var unsaid = given(providers.refresh(odd, Secret.of("rt")));

        assertThat(said.expiresAt())
                .isBetween(before.plusSeconds(60), Instant.now().plusSeconds(60));
        assertThat(unsaid.expiresAt())
                .isBetween(before.plusSeconds(7200), Instant.now().plusSeconds(7200));
    }

    @Test
    void aProviderThatIsSaidToHaveNoRefreshTokensGivesNone() {
        var other = providers.fake(Habits.KAGGLE);
        var without = (OAuthProvider) providers.set(other, "kaggle", Map.of("token", Map.of("refreshTokens", "none")));

        assertThat(providers.connect(other, without, Set.of()).refreshToken()).isNull();
    }

    @Test
    void aProviderThatDoesNotAnswerInTimeOrIsAwayPasses() {
        var slow = providers.fake(Habits.GITHUB_APP);
        var github = providers.oauth(slow, "github-app");
        var calls = calls(new OutboundPolicy(List.of(slow.host())), Duration.ofMillis(300));
        slow.pause();

        assertThat(calls.refresh(github, Secret.of("rt")).block()).isInstanceOf(TokenOutcome.Unavailable.class);
        slow.close();
        assertThat(providers.refresh(github, Secret.of("rt"))).isInstanceOf(TokenOutcome.Unavailable.class);
    }

    @Test
    void anAddressThatTheOperatorDidNotAllowIsNotCalled() {
        var before = fake.arrived().size();
        var calls = calls(OutboundPolicy.PUBLIC_ONLY, Duration.ofSeconds(20));

        assertThat(calls.refresh(provider, Secret.of("rt")).block()).isInstanceOf(TokenOutcome.Unavailable.class);
        assertThat(fake.arrived()).hasSize(before);
    }

    @Test
    void aClientSecretThatDoesNotOpenIsTheOperatorsMatter() {
        var damaged = providers.fake(Habits.SLACK);
        var slack = providers.oauth(damaged, "slack");
        providers.vault.sql("UPDATE sealed_secret SET sealed = set_byte(sealed, length(sealed) - 1,"
                + " get_byte(sealed, length(sealed) - 1) # 1) WHERE owner = 'provider/" + slack.id() + "'");

        assertThat(providers.refresh(slack, Secret.of("rt"))).isInstanceOf(TokenOutcome.Misconfigured.class);
        assertThat(damaged.arrived()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "401, , TOKEN_REFUSED",
        "403, , FORBIDDEN",
        "403, 30, UNAVAILABLE",
        "429, 30, UNAVAILABLE",
        "500, , UNAVAILABLE",
        "302, , UNAVAILABLE",
        "200, , UNAVAILABLE",
    })
    void anAccountThatIsNotToldIsNotMadeUp(int status, String retryAfter, UpstreamFailed.Kind kind) {
        Map<String, String> headers = retryAfter == null ? Map.of() : Map.of("Retry-After", retryAfter);
        fake.answers("/user", new Answer(status, headers, "<html>" + LEAK));

        var fault = catchThrowableOfType(
                UpstreamFailed.class,
                () -> providers
                        .upstream()
                        .accountInfo(provider, Secret.of("at"))
                        .block());

        assertThat(fault.kind()).isEqualTo(kind);
        assertThat(fault).hasMessageNotContaining(LEAK);
    }

    @Test
    void whatAProviderSaysOfAnAccountIsMadeFitForAPage() {
        fake.answers(
                "/user",
                Answer.json(
                        200,
                        Map.of(
                                "sub",
                                "1",
                                "name",
                                " Al\u0000ice\u202E\n" + "x".repeat(1000),
                                "picture",
                                "javascript:alert(1)",
                                "profile",
                                "http://plain.example.com/")));

        var account = Objects.requireNonNull(
                providers.upstream().accountInfo(provider, Secret.of("at")).block());

        assertThat(account.name()).startsWith("Alicexxx").hasSizeLessThanOrEqualTo(300);
        assertThat(account.avatarUrl()).isNull();
        assertThat(account.profileUrl()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "200, , Revoked",
        "400, unsupported_token_type, NotSupported",
        "401, invalid_client, Failed",
        "503, , Failed",
        "302, , Failed",
    })
    void aRevocationIsDoneOrNotSupportedOrFails(int status, String error, String outcome) {
        fake.answers(
                "/revoke",
                error == null ? new Answer(status, Map.of(), "") : Answer.json(status, Map.of("error", error)));

        var revocation = Objects.requireNonNull(
                providers.upstream().revoke(provider, Secret.of("at")).block());

        assertThat(revocation.getClass().getSimpleName()).isEqualTo(outcome);
    }

    @Test
    void nothingThatWasSentOrAnsweredPrintsASecret() {
        var tokens = providers.connect(fake, provider, Set.of());
        var printed = new ArrayList<String>(
                List.of(tokens.toString(), new TokenOutcome.Given(tokens).toString(), provider.toString()));

        assertThat(printed)
                .noneMatch(text -> text.contains(tokens.accessToken().reveal())
                        || text.contains(refreshToken(tokens).reveal())
                        || text.contains(FakeOAuthProvider.SECRET));
    }

    private TokenCalls calls(OutboundPolicy policy, Duration answerWithin) {
        var settings = new UpstreamSettings(answerWithin, 16, 5, Duration.ofSeconds(5));
        return new TokenCalls(
                new ProviderCaller(policy, settings, Clock.systemUTC()),
                providers.vault.bean(ClientSecrets.class),
                providers.vault.bean(RegisteredClients.class),
                new Breakers(settings, Clock.systemUTC()));
    }
}
