package dev.behalf.authz.token;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Token exchange (RFC 8693): narrowing, delegation by `may_act`, chains of `act`, and that nothing ever gets
/// wider.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenExchangeTest {

    private static final String ALICE = "alice@example.com";
    private static final String SUITE = RunningAuthzServer.ISSUER;

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private Person person = new Person(server);
    private Agent agent = Agent.register(server);
    private Agent helper = Agent.register(server);

    @BeforeAll
    void people() {
        Person.account(server, ALICE);
        person = new Person(server).signedIn(ALICE);
        agent = Agent.register(server);
        helper = Agent.register(server, "client_secret_basic", Map.of("client_name", "Helper"));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aHolderNarrowsItsTokenInScopeAndTarget() {
        var token = linked("read manage");

        var narrow = json(agent.exchange(token, Map.of("scope", "read", "resource", SUITE + "/tools")));

        assertThat(narrow)
                .containsEntry("issued_token_type", "urn:ietf:params:oauth:token-type:access_token")
                .containsEntry("token_type", "Bearer")
                .containsEntry("scope", "read")
                .doesNotContainKey("refresh_token");
        var before = RunningAuthzServer.claims(token);
        assertThat(RunningAuthzServer.claims(text(narrow, "access_token")))
                .containsEntry("sub", before.get("sub"))
                .containsEntry("gid", before.get("gid"))
                .containsEntry("client_id", agent.id())
                .containsEntry("aud", SUITE + "/tools")
                .containsEntry("act", Map.of("sub", agent.id()))
                .satisfies(
                        claims -> assertThat((Long) claims.get("exp")).isLessThanOrEqualTo((Long) before.get("exp")));
    }

    @Test
    void whatWasNarrowedCannotBeWidenedAgain() {
        var narrow = text(
                json(agent.exchange(linked("read manage"), Map.of("scope", "read", "resource", SUITE + "/tools"))),
                "access_token");

        assertThat(error(agent.exchange(narrow, Map.of("scope", "manage")), 400))
                .isEqualTo("invalid_scope");
        assertThat(error(helper.exchange(mayAct(narrow, helper), Map.of("resource", SUITE)), 400))
                .isEqualTo("invalid_target");
    }

    @Test
    void anAgentThatMayActGetsATokenOfItsOwnWithTheChain() {
        var token = linked("read manage");
        var delegated = delegate(token, agent, helper, Map.of("scope", "read"));

        assertThat(RunningAuthzServer.claims(delegated))
                .containsEntry("sub", RunningAuthzServer.claims(token).get("sub"))
                .containsEntry("username", ALICE)
                .containsEntry("client_id", helper.id())
                .containsEntry("scope", "read")
                .containsEntry("act", Map.of("sub", helper.id(), "act", Map.of("sub", agent.id())))
                .doesNotContainKey("may_act");
        assertThat(RunningAuthzServer.claims(delegated).get("gid"))
                .isNotEqualTo(RunningAuthzServer.claims(token).get("gid"));
    }

    @Test
    void withoutMayActNobodyTakesATokenOver() {
        var token = linked("read");

        assertThat(error(helper.exchange(token, Map.of()), 400)).isEqualTo("invalid_request");
        var other = Agent.register(server, "client_secret_basic", Map.of());
        assertThat(error(other.exchange(mayAct(token, helper), Map.of()), 400)).isEqualTo("invalid_request");
    }

    @Test
    void aClientThatProvesNothingIsNotDelegatedTo() {
        var anybody = Agent.register(server);

        assertThat(error(anybody.exchange(mayAct(linked("read"), anybody), Map.of()), 400))
                .isEqualTo("unauthorized_client");
    }

    @Test
    void theChainHasAnEnd() {
        var agents = new Agent[] {agent, helper, next(), next(), next()};
        var token = linked("read");
        for (int i = 1; i < 4; i++) {
            token = delegate(token, agents[i - 1], agents[i], Map.of());
        }

        assertThat(String.valueOf(RunningAuthzServer.claims(token).get("act"))).contains(agent.id());
        assertThat(error(
                        agents[4].exchange(
                                text(
                                        json(agents[3].exchange(token, Map.of("may_act", agents[4].id()))),
                                        "access_token"),
                                Map.of()),
                        400))
                .isEqualTo("invalid_request");
    }

    @Test
    void revokingAGrantRevokesTheWholeTreeBelowItAndNothingBeside() {
        Map<String, @Nullable Object> tokens = agent.link(person, Map.of());
        var root = text(tokens, "access_token");
        var child = delegate(root, agent, helper, Map.of());
        var third = next();
        var grandchild = delegate(child, helper, third, Map.of());
        var other = linked("read");

        assertThat(agent.post("/oauth/revoke", Map.of("token", text(tokens, "refresh_token")))
                        .statusCode())
                .isEqualTo(200);

        for (var token : new String[] {root, child, grandchild}) {
            assertThat(server.introspect(token)).isEqualTo(Map.of("active", false));
        }
        assertThat(server.introspect(other)).containsEntry("active", true);
        assertThat(error(third.exchange(grandchild, Map.of()), 400)).isEqualTo("invalid_request");
    }

    @Test
    void revokingABranchLeavesTheTree() {
        var root = linked("read");
        var child = delegate(root, agent, helper, Map.of());
        var gid = String.valueOf(RunningAuthzServer.claims(child).get("gid"));

        assertThat(server.call("DELETE", "/api/v1/grants/" + gid, server.internalToken())
                        .statusCode())
                .isEqualTo(200);

        assertThat(server.introspect(child)).isEqualTo(Map.of("active", false));
        assertThat(server.introspect(root)).containsEntry("active", true);
    }

    @Test
    void delegationsOfOneGrantAreBounded() {
        try (var small = RunningAuthzServer.start(
                dev.behalf.testkit.TestPostgres.shared().newDatabase(),
                Map.of("behalf.authz.grant.max-delegations", 2))) {
            Person.account(small, ALICE);
            var one = Agent.register(small);
            var two = Agent.register(small, "client_secret_basic", Map.of());
            var token = text(one.link(new Person(small).signedIn(ALICE), Map.of()), "access_token");
            var mayAct = text(json(one.exchange(token, Map.of("may_act", two.id()))), "access_token");

            json(two.exchange(mayAct, Map.of()));
            json(two.exchange(mayAct, Map.of()));
            assertThat(error(two.exchange(mayAct, Map.of()), 400)).isEqualTo("invalid_request");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "subject_token, nonsense, invalid_request",
        "subject_token, '', invalid_request",
        "subject_token_type, '', invalid_request",
        "subject_token_type, urn:ietf:params:oauth:token-type:saml2, invalid_request",
        "requested_token_type, urn:ietf:params:oauth:token-type:refresh_token, invalid_request",
        "actor_token, nonsense, invalid_request",
        "actor_token_type, urn:ietf:params:oauth:token-type:access_token, invalid_request",
        "scope, read manage, invalid_scope",
        "scope, nonsense, invalid_scope",
        "audience, https://elsewhere.example/, invalid_target",
        "audience, http://behalf.test.evil.example, invalid_target",
        "resource, http://behalf.testing, invalid_target",
        "resource, http://behalf.test/../x, invalid_target"
    })
    void whatIsWrongIsRefused(String name, String value, String error) {
        var changes = new HashMap<String, String>();
        changes.put(name, value);
        var token = linked("read");
        if (name.equals("subject_token")) {
            assertThat(error(agent.exchange(value, Map.of()), 400)).isEqualTo(error);
        } else {
            assertThat(error(agent.exchange(token, changes), 400)).isEqualTo(error);
        }
    }

    @Test
    void aTokenThatIsNoPersonsCannotBeExchanged() {
        var own = server.operatorToken();

        assertThat(error(agent.exchange(own, Map.of()), 400)).isEqualTo("invalid_request");
    }

    @Test
    void theActorThatThePersonSawMustProveItselfToGetTheToken() {
        var actor = Agent.ofOperator(server);
        var answer = agent.authorize(person, Map.of("requested_actor", actor.id()));
        assertThat(error(agent.redeem(answer.getOrDefault("code", ""), Map.of()), 400))
                .isEqualTo("invalid_grant");
        var again = agent.authorize(person, Map.of("requested_actor", actor.id()));

        var tokens = json(agent.redeem(
                again.getOrDefault("code", ""),
                Map.of(
                        "actor_token",
                        text(json(actor.own()), "access_token"),
                        "actor_token_type",
                        "urn:ietf:params:oauth:token-type:access_token")));

        assertThat(RunningAuthzServer.claims(text(tokens, "access_token")))
                .containsEntry("client_id", agent.id())
                .containsEntry("act", Map.of("sub", actor.id()));
    }

    private Agent next() {
        return Agent.register(server, "client_secret_basic", Map.of());
    }

    private String linked(String scope) {
        return text(agent.link(person, Map.of("scope", scope)), "access_token");
    }

    /// The agent's token, such that the other may exchange it.
    private String mayAct(String token, Agent other) {
        return text(json(agent.exchange(token, Map.of("may_act", other.id()))), "access_token");
    }

    private static String delegate(String token, Agent from, Agent to, Map<String, String> more) {
        var mayAct = text(json(from.exchange(token, Map.of("may_act", to.id()))), "access_token");
        return text(json(to.exchange(mayAct, more)), "access_token");
    }
}
