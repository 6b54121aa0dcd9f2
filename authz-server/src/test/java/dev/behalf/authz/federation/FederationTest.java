package dev.behalf.authz.federation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.SnapshotOfProviders;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.testkit.TestPostgres;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Signing in through a registered identity provider (OpenID Connect Core §3.1), and what is refused on the
/// way.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FederationTest {

    private static final String PAGE = "/oauth/authorize?client_id=agent%26state=1";
    private static final String SESSION = "__Host-behalf-session";

    private final FakeOpenIdProvider provider = new FakeOpenIdProvider();
    private final SnapshotOfProviders registry = new SnapshotOfProviders();
    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, settings());

    private Map<String, Object> settings() {
        register("email");
        var settings = new HashMap<String, Object>();
        settings.put("behalf.providers.registry", registry.url());
        settings.put("behalf.providers.poll-every", "200ms");
        settings.put("behalf.kafka.bootstrap-servers", "127.0.0.1:9");
        settings.put("behalf.outbound.allow", provider.keys().hostAndPort());
        settings.put("behalf.authz.sign-in.providers.corp.issuer", provider.issuer());
        settings.put("behalf.authz.sign-in.providers.corp.client-id", FakeOpenIdProvider.CLIENT);
        settings.put("behalf.authz.sign-in.providers.corp.client-secret", FakeOpenIdProvider.SECRET);
        settings.put("behalf.authz.sign-in.providers.corp.title", "Corp <SSO>");
        settings.put("behalf.authz.sign-in.providers.unregistered.issuer", "https://nowhere.example");
        settings.put("behalf.authz.sign-in.providers.unregistered.client-id", "x");
        return settings;
    }

    @BeforeEach
    void registered() {
        register("email");
        awaitProviders(1);
        provider.user("user-" + UUID.randomUUID() + "@corp.example");
    }

    @AfterAll
    void stop() {
        server.close();
        registry.close();
        provider.close();
    }

    @Test
    void whoProvesThemselvesThereComesBackToThePageWithAnAccountOfTheirOwn() throws Exception {
        provider.user("alice@corp.example");
        var alice = new Person(server);
        var page = alice.get("/login?continue=" + PAGE);
        assertThat(page.body()).contains("Continue with Corp &lt;SSO&gt;").doesNotContain("unregistered");

        var sent = Person.location(begin(alice, page));
        var query = FakeOpenIdProvider.parameters(URI.create(sent).getRawQuery());
        assertThat(sent).startsWith(provider.issuer() + "/authorize?");
        assertThat(query)
                .containsEntry("response_type", "code")
                .containsEntry("client_id", FakeOpenIdProvider.CLIENT)
                .containsEntry("code_challenge_method", "S256")
                .containsEntry("redirect_uri", RunningAuthzServer.ISSUER + "/login/callback/corp")
                .containsKeys("state", "nonce", "code_challenge")
                .doesNotContainKeys("prompt", "max_age");
        var back = alice.get(path(provider.authorize(sent)));

        assertThat(Person.location(back)).isEqualTo("/oauth/authorize?client_id=agent&state=1");
        assertThat(alice.get("/account").body()).contains("alice@corp.example").contains("Corp &lt;SSO&gt;, connected");
        assertThat(RunningAuthzServer.query(
                        database,
                        "SELECT a.username || ' ' || l.subject || ' ' || a.email_verified FROM account a JOIN account_link l"
                                + " ON l.account_id = a.id WHERE a.username LIKE 'alice%'"))
                .containsExactly("alice@corp.example sub-alice@corp.example true");
        assertThat(Person.location(signIn(new Person(server)))).as("again").startsWith("/oauth/authorize");
        assertThat(RunningAuthzServer.query(database, "SELECT 1 FROM account WHERE username = 'alice@corp.example'"))
                .hasSize(1);
    }

    @Test
    void anAnswerIsGoodOnceAndInTheBrowserThatAskedOnly() {
        var alice = new Person(server);
        var back = path(provider.authorize(Person.location(begin(alice, alice.get("/login")))));
        var other = new Person(server);
        var _ = other.get("/login");

        refused(other, other.get(back), 400);
        assertThat(Person.location(alice.get(back))).isEqualTo("/account");
        alice.cookies().remove(SESSION);
        refused(alice, alice.get(back), 400);
    }

    @Test
    void aSignInThatTakesTooLongIsVoid() throws Exception {
        var alice = new Person(server);
        var back = path(provider.authorize(Person.location(begin(alice, alice.get("/login")))));
        try (var connection = RunningAuthzServer.open(database);
                var statement = connection.createStatement()) {
            var _ = statement.executeUpdate("UPDATE federated_sign_in SET expires_at = now()");
        }

        refused(alice, alice.get(back), 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"?state=x&code=y", "?code=y", "?state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&code=y", ""})
    void anAnswerThatNobodyAskedForIsRefused(String query) {
        var alice = new Person(server);
        var _ = alice.get("/login");

        refused(alice, alice.get("/login/callback/corp" + query), 400);
    }

    @ParameterizedTest
    @CsvSource({
        "iss, https://evil.example",
        "aud, another-client",
        "nonce, x",
        "nonce, ''",
        "exp, 1",
        "exp, ''",
        "iat, 1",
        "iat, 99999999999",
        "nbf, 99999999999",
        "azp, another-client",
        "at_hash, AAAAAAAAAAAAAAAAAAAAAA",
        "sub, ''",
        "email, ''"
    })
    void anIdTokenThatIsNoProofIsRefused(String claim, String value) {
        provider.claim(claim, value.matches("[0-9]+") ? (Object) Long.valueOf(value) : value);
        var alice = new Person(server);

        refused(alice, signIn(alice), 403);
    }

    @Test
    void anIdTokenForOthersAsWellIsRefused() {
        provider.claim("aud", java.util.List.of(FakeOpenIdProvider.CLIENT, "another-client"));
        var alice = new Person(server);

        refused(alice, signIn(alice), 403);
    }

    @Test
    void anIdTokenThatSomebodyElseSignedIsRefused() {
        try (var other = FakeIdentityProvider.start(provider.issuer())) {
            provider.idToken(other.token("alice@corp.example", Map.of("aud", FakeOpenIdProvider.CLIENT)));
            var alice = new Person(server);

            refused(alice, signIn(alice), 403);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "https://evil.example"})
    void anAnswerOfAnotherIssuerIsRefused(String issuer) {
        var alice = new Person(server);
        var back = path(provider.authorize(Person.location(begin(alice, alice.get("/login")))));
        var mixedUp = back.replaceFirst("&iss=.*", issuer.isEmpty() ? "" : "&iss=" + issuer);

        refused(alice, alice.get(mixedUp), 403);
    }

    @Test
    void anErrorOfTheProviderIsAnAnswerAndIsShownToNobody() {
        var alice = new Person(server);
        var sent = Person.location(begin(alice, alice.get("/login")));
        var state =
                FakeOpenIdProvider.parameters(URI.create(sent).getRawQuery()).get("state");

        var reply = alice.get("/login/callback/corp?error=access_denied&error_description=Call+0900&state=" + state
                + "&iss=" + provider.issuer());

        refused(alice, reply, 403);
        assertThat(reply.body()).doesNotContain("0900").doesNotContain("access_denied");
    }

    @Test
    void aNameThatIsTakenIsNotHandedOverUntilItsOwnerConnectsIt() {
        var name = "taken-" + UUID.randomUUID() + "@corp.example";
        var _ = Person.account(server, name);
        provider.user(name);
        var stranger = new Person(server);
        var reply = signIn(stranger);
        assertThat(reply.statusCode()).isEqualTo(409);
        assertThat(reply.body()).contains("only its owner may connect it");
        assertThat(stranger.cookies()).doesNotContainKey(SESSION);

        var owner = new Person(server);
        var _ = owner.signIn(name, Person.PASSWORD, "/account");
        var sent = Person.location(
                owner.post("/account/connect/corp", Map.of("csrf", Person.csrf(owner.get("/account")))));
        assertThat(Person.location(owner.get(path(provider.authorize(sent))))).isEqualTo("/account");
        assertThat(owner.get("/account").body()).contains("connected on");

        assertThat(Person.location(signIn(new Person(server)))).startsWith("/oauth/authorize");
        var csrf = Map.of("csrf", Person.csrf(owner.get("/account")));
        assertThat(Person.location(owner.post("/account/disconnect/corp", csrf)))
                .isEqualTo("/account");
        assertThat(signIn(new Person(server)).statusCode()).as("disconnected").isEqualTo(409);
    }

    @Test
    void whatIsConnectedToOneAccountCannotBeConnectedToAnother() {
        var first = new Person(server);
        assertThat(Person.location(signIn(first))).startsWith("/oauth/authorize");
        var name = "second-" + UUID.randomUUID();
        var _ = Person.account(server, name);
        var second = new Person(server);
        var _ = second.signIn(name, Person.PASSWORD, "/account");

        var sent = Person.location(
                second.post("/account/connect/corp", Map.of("csrf", Person.csrf(second.get("/account")))));
        assertThat(second.get(path(provider.authorize(sent))).statusCode()).isEqualTo(409);
        assertThat(first.post("/account/disconnect/corp", Map.of("csrf", Person.csrf(first.get("/account"))))
                        .statusCode())
                .as("the only way to sign in that is left")
                .isEqualTo(409);
    }

    @Test
    void aConnectionBegunForOneAccountIsNotMadeToAnother() {
        var name = "third-" + UUID.randomUUID();
        var _ = Person.account(server, name);
        var person = new Person(server);
        var _ = person.signIn(name, Person.PASSWORD, "/account");
        var sent = Person.location(
                person.post("/account/connect/corp", Map.of("csrf", Person.csrf(person.get("/account")))));
        person.cookies().remove(SESSION);

        assertThat(person.get(path(provider.authorize(sent))).statusCode()).isEqualTo(403);
    }

    @Test
    void whoMustProveThemselvesAgainMustDoSoThereAsWell() {
        var alice = new Person(server);
        var _ = signIn(alice);
        var page = alice.get("/login?continue=/account&again=true");
        var sent = Person.location(begin(alice, page));
        assertThat(FakeOpenIdProvider.parameters(URI.create(sent).getRawQuery()))
                .containsEntry("prompt", "login")
                .containsEntry("max_age", "0");
        var before = alice.cookies().get(SESSION);

        provider.claim("auth_time", 1_000_000_000L);
        assertThat(alice.get(path(provider.authorize(sent))).statusCode())
                .as("the provider still knew them")
                .isEqualTo(403);
        assertThat(alice.cookies()).containsEntry(SESSION, String.valueOf(before));
        provider.claim("auth_time", java.time.Instant.now().getEpochSecond());
        assertThat(Person.location(alice.get(path(provider.authorize(Person.location(begin(alice, page)))))))
                .isEqualTo("/account");
        assertThat(alice.cookies().get(SESSION)).isNotEqualTo(before);
    }

    @Test
    void whoIsDisabledCannotSignInThereEither() throws Exception {
        var alice = new Person(server);
        var _ = signIn(alice);
        try (var connection = RunningAuthzServer.open(database);
                var statement = connection.createStatement()) {
            var _ = statement.executeUpdate("UPDATE account SET disabled = true WHERE id = (SELECT account_id FROM"
                    + " account_link ORDER BY created_at DESC LIMIT 1)");
        }

        var again = new Person(server);
        refused(again, signIn(again), 403);
    }

    @Test
    void onlyUsersOfTheAllowedDomainsComeIn() {
        registry.set(
                SnapshotOfProviders.provider(provider.issuer(), provider.keys().jwksUri(), "email", "corp.example"));
        awaitDomains();
        provider.user("mallory@evil.example");
        var mallory = new Person(server);
        refused(mallory, signIn(mallory), 403);

        provider.user("unverified@corp.example");
        provider.claim("email_verified", false);
        refused(mallory, signIn(mallory), 403);

        provider.user("nice-" + UUID.randomUUID() + "@corp.example");
        assertThat(Person.location(signIn(new Person(server)))).startsWith("/oauth/authorize");
    }

    @Test
    void aProviderThatIsDeletedLetsNobodyInNotEvenWhoIsOnTheWay() {
        var alice = new Person(server);
        var page = alice.get("/login");
        var back = path(provider.authorize(Person.location(begin(alice, page))));

        registry.set();
        awaitProviders(0);

        assertThat(alice.get("/login").body()).doesNotContain("Continue with");
        refused(alice, alice.get(back), 404);
        refused(alice, begin(alice, page), 404);
        refused(alice, alice.post("/login/with/unregistered", Map.of("csrf", Person.csrf(page))), 404);
        refused(alice, alice.post("/login/with/none", Map.of("csrf", Person.csrf(page))), 404);
    }

    @Test
    void aFormOfAnotherSiteSendsNobodyToTheProvider() {
        var alice = new Person(server);
        var _ = alice.get("/login");

        refused(alice, alice.post("/login/with/corp", Map.of("csrf", "0".repeat(64))), 403);
    }

    @Test
    void oneNetworkBeginsItsShareOfSignInsAndNoMore() {
        var flooding = new Person(server).saying("X-Forwarded-For", "203.0.113.77");
        var page = flooding.get("/login");
        int begun = 0;
        var reply = begin(flooding, page);
        for (; reply.statusCode() == 303 && begun < 1_000; begun++) {
            reply = begin(flooding, page);
        }

        refused(flooding, reply, 429);
        assertThat(reply.headers().firstValue("Retry-After").map(Integer::valueOf))
                .hasValueSatisfying(seconds -> assertThat(seconds).isPositive());
        assertThat(begun).isGreaterThanOrEqualTo(60);
        var neighbour = new Person(server).saying("X-Forwarded-For", "203.0.113.78");
        Person.location(begin(neighbour, neighbour.get("/login")));
    }

    private HttpResponse<String> begin(Person person, HttpResponse<String> page) {
        var query = Person.action(page).replaceFirst("^/login", "");
        return person.post("/login/with/corp" + query, Map.of("csrf", Person.csrf(page)));
    }

    private HttpResponse<String> signIn(Person person) {
        var location = Person.location(begin(person, person.get("/login?continue=" + PAGE)));
        return person.get(path(provider.authorize(location)));
    }

    private static void refused(Person person, HttpResponse<String> reply, int status) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
        assertThat(person.cookies()).doesNotContainKey(SESSION);
    }

    private static String path(String url) {
        assertThat(url).startsWith(RunningAuthzServer.ISSUER);
        return url.substring(RunningAuthzServer.ISSUER.length());
    }

    private void register(String claim) {
        registry.set(
                SnapshotOfProviders.provider(provider.issuer(), provider.keys().jwksUri(), claim));
    }

    private void awaitProviders(int count) {
        Eventually.holds("the providers are known", () -> {
            var all = server.bean(ProviderFeed.class).now().all();
            return all.size() == count
                    && all.stream().allMatch(state -> state.allowedDomains().isEmpty());
        });
    }

    private void awaitDomains() {
        Eventually.holds(
                "the domains are known",
                () -> server.bean(ProviderFeed.class).now().all().stream()
                        .anyMatch(state -> !state.allowedDomains().isEmpty()));
    }
}
