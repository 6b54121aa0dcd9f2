package dev.behalf.authz.authorize;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// From an agent's request to its token (OAuth 2.1 §4.1).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinkingTest {

    private static final String ALICE = "alice@example.com";

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private String alice = "";

    @BeforeAll
    void person() {
        alice = Person.account(server, ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aPersonSignsInConsentsAndTheAgentGetsATokenThatNamesBoth() {
        var agent = Agent.register(server);
        var person = new Person(server);

        var toSignIn = Person.location(person.get(agent.path(Map.of())));
        assertThat(toSignIn).startsWith("/login?continue=");
        var signInPage = person.get(toSignIn);
        var back = Person.location(person.submit(signInPage, Map.of("username", ALICE, "password", Person.PASSWORD)));
        assertThat(back).isEqualTo(agent.path(Map.of()));
        var consent = person.get(back);
        assertThat(consent.body()).contains("Demo Agent", "agent.example", ALICE, "Read on your behalf");
        var answer = Agent.answer(person.allow(consent));
        assertThat(answer)
                .containsEntry("state", "a state")
                .containsEntry("iss", RunningAuthzServer.ISSUER)
                .containsOnlyKeys("code", "state", "iss");

        var reply = agent.redeem(answer.getOrDefault("code", ""), Map.of());
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        var tokens = json(reply);
        assertThat(tokens)
                .containsEntry("token_type", "Bearer")
                .containsEntry("scope", "read")
                .containsKeys("access_token", "refresh_token", "expires_in")
                .doesNotContainKey("id_token");
        assertThat(RunningAuthzServer.claims(text(tokens, "access_token")))
                .containsEntry("iss", RunningAuthzServer.ISSUER)
                .containsEntry("sub", alice)
                .containsEntry("username", ALICE)
                .containsEntry("client_id", agent.id())
                .containsEntry("aud", RunningAuthzServer.ISSUER)
                .containsEntry("scope", "read")
                .containsEntry("act", Map.of("sub", agent.id()))
                .containsKeys("gid", "jti", "iat", "exp", "auth_time");
    }

    @Test
    void aPersonWhoSaysNoSendsTheAgentAwayWithAnError() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);

        var answer = Agent.answer(person.decide(person.get(agent.path(Map.of())), "deny"));

        assertThat(answer)
                .containsEntry("error", "access_denied")
                .containsEntry("state", "a state")
                .containsEntry("iss", RunningAuthzServer.ISSUER)
                .doesNotContainKey("code");
    }

    @Test
    void aCodeIsGoodOnceAndItsReplayRevokesWhatItGave() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);
        var code = agent.authorize(person, Map.of()).getOrDefault("code", "");
        var tokens = json(agent.redeem(code, Map.of()));

        assertThat(error(agent.redeem(code, Map.of()), 400)).isEqualTo("invalid_grant");

        assertThat(error(agent.refresh(text(tokens, "refresh_token")), 400)).isEqualTo("invalid_grant");
    }
}
