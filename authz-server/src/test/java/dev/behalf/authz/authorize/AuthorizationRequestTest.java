package dev.behalf.authz.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What an authorization request may look like (OAuth 2.1 §4.1.1, RFC 7636, RFC 8707, OpenID Connect Core
/// §3.1.2.1), and where its errors go.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationRequestTest {

    private static final String ALICE = "alice@example.com";

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private final Agent agent = Agent.register(server);

    @BeforeAll
    void person() {
        Person.account(server, ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aClientThatIsNotKnownIsShownAndNeverRedirected() {
        isShown(agent.path(Map.of("client_id", "no-such-client")));
        isShown(agent.path(Map.of("client_id", "")));
    }

    /// RFC 9700 §4.1.1 and §4.10: compared as text, so that none of these tricks leads elsewhere.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/callback",
                "https://agent.example/callback/",
                "https://agent.example/Callback",
                "https://agent.example/callback?x=1",
                "https://agent.example/callback#x",
                "https://agent.example/callback/../evil",
                "https://agent.example/%63allback",
                "https://agent.example:443/callback",
                "https://agent.example.evil.example/callback",
                "https://agent.example@evil.example/callback",
                "https://evil.example\\@agent.example/callback",
                "http://agent.example/callback",
                "//agent.example/callback",
                "/callback",
                "javascript:alert(1)",
                "data:text/html,x",
                "https://agent.example/callback\u0000",
                "https://agent.example/callback "
            })
    void aRedirectUriThatIsNotTheRegisteredOneIsShownAndNeverRedirected(String redirectUri) {
        isShown(agent.path(Map.of("redirect_uri", redirectUri)));
    }

    @Test
    void theOnlyRegisteredRedirectUriMayBeLeftOut() {
        assertThat(Person.location(new Person(server).get(agent.path(Map.of("redirect_uri", "")))))
                .startsWith("/login?");

        var two = Agent.register(
                server, "none", Map.of("redirect_uris", List.of(Agent.REDIRECT, "https://agent.example/other")));
        isShown(two.path(Map.of("redirect_uri", "")));
    }

    @Test
    void thePortOfALoopbackRedirectUriMayBeAnother() {
        var cli = Agent.register(server, "none", Map.of("redirect_uris", List.of("http://127.0.0.1:1/callback")));

        assertThat(Person.location(
                        new Person(server).get(cli.path(Map.of("redirect_uri", "http://127.0.0.1:61023/callback")))))
                .startsWith("/login?");
        isShown(cli.path(Map.of("redirect_uri", "http://127.0.0.1:61023/other")));
        isShown(cli.path(Map.of("redirect_uri", "http://127.0.0.2:61023/callback")));
    }

    @Test
    void aRedirectUriMayHaveAQueryOfItsOwn() {
        var uri = "https://agent.example/cb?tenant=1";
        var other = Agent.register(server, "none", Map.of("redirect_uris", List.of(uri)));

        var answer = new Person(server).get(other.path(Map.of("redirect_uri", uri, "response_type", "token")));

        assertThat(Person.location(answer)).startsWith(uri + "&error=unsupported_response_type&");
    }

    @ParameterizedTest
    @CsvSource({
        "response_type, '', invalid_request",
        "response_type, token, unsupported_response_type",
        "response_type, id_token, unsupported_response_type",
        "response_type, code id_token, unsupported_response_type",
        "response_mode, fragment, invalid_request",
        "code_challenge, '', invalid_request",
        "code_challenge, short, invalid_request",
        "code_challenge, E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw_cM=, invalid_request",
        "code_challenge_method, '', invalid_request",
        "code_challenge_method, plain, invalid_request",
        "code_challenge_method, s256, invalid_request",
        "scope, nonsense, invalid_scope",
        "resource, relative/path, invalid_target",
        "resource, https://api.example/#x, invalid_target",
        "resource, https://nobody.invalid/, invalid_target",
        "resource, http://behalf.test/../x, invalid_target",
        "resource, http://behalf.test.evil.example/, invalid_target",
        "prompt, none login, invalid_request",
        "max_age, -1, invalid_request",
        "max_age, soon, invalid_request",
        "max_age, 99999999999999999999, invalid_request",
        "request, eyJhbGciOiJub25lIn0.e30., request_not_supported",
        "requested_actor, nobody, invalid_request",
        "prompt, none, login_required"
    })
    void whatIsWrongIsToldToTheClientWithItsStateAndOurIssuer(String name, String value, String error) {
        var changes = new LinkedHashMap<String, String>();
        changes.put(name, value);

        var answer = Agent.answer(new Person(server).get(agent.path(changes)));

        assertThat(answer)
                .containsEntry("error", error)
                .containsEntry("state", "a state")
                .containsEntry("iss", RunningAuthzServer.ISSUER)
                .containsKey("error_description")
                .doesNotContainKey("code");
    }

    @Test
    void aParameterThatOccursTwiceIsRefused() {
        isShown(agent.path(Map.of()) + "&scope=manage");
        isShown(agent.path(Map.of()) + "&redirect_uri=https://agent.example/callback");
    }

    @Test
    void parametersThatAreNotKnownAreIgnored() {
        assertThat(Person.location(new Person(server)
                        .get(agent.path(Map.of("display", "popup", "acr_values", "1", "claims", "{}", "x", "y")))))
                .startsWith("/login?");
    }

    @Test
    void hugeParametersAreShown() {
        isShown(agent.path(Map.of("state", "x".repeat(3_000))));
        isShown(agent.path(Map.of("x", "y".repeat(7_000))));
    }

    @Test
    void theParametersMayComeInAForm() {
        var person = new Person(server);

        var reply = person.post("/oauth/authorize", agent.request());

        assertThat(Person.location(reply)).startsWith("/oauth/authorize?").contains("client_id=" + agent.id());
        assertThat(Person.location(person.get(Person.location(reply)))).startsWith("/login?");
    }

    /// What the agent asks more than there is, is left out; it is told what it got.
    @Test
    void scopesThatAreNotKnownAreLeftOutWhereOthersAre() {
        var person = new Person(server).signedIn(ALICE);

        assertThat(agent.link(person, Map.of("scope", "manage nonsense offline_access")))
                .containsEntry("scope", "manage");
    }

    /// SPEC of UCAP's clients: a bare request is for `read`.
    @Test
    void aRequestWithoutScopeIsForRead() {
        assertThat(agent.link(new Person(server).signedIn(ALICE), Map.of("scope", "")))
                .containsEntry("scope", "read");
    }

    @Test
    void aRegisteredScopeIsTheDefaultAndNoCeiling() {
        var modest = Agent.register(server, "none", Map.of("scope", "subscribe"));
        var person = new Person(server).signedIn(ALICE);

        assertThat(modest.link(person, Map.of("scope", ""))).containsEntry("scope", "subscribe");
        assertThat(modest.link(person, Map.of("scope", "read manage"))).containsEntry("scope", "manage read");
    }

    @Test
    void thePageOfAnErrorShowsNothingOfTheRequest() {
        var reply = new Person(server).get(agent.path(Map.of("redirect_uri", "https://evil.example/<script>")));

        assertThat(reply.body()).doesNotContain("evil.example").doesNotContain("<script");
    }

    private void isShown(String path) {
        var reply = new Person(server).get(path);

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        assertThat(reply.headers().firstValue("Location")).isEmpty();
        assertThat(reply.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
    }
}
