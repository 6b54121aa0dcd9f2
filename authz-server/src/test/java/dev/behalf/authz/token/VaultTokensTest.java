package dev.behalf.authz.token;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tokens for the token vault: what the gateway gets for a person's token, what its holder gets by token
/// exchange (RFC 8693), and what neither gets.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VaultTokensTest {

    private static final String ALICE = "alice@example.com";
    private static final String SUITE = RunningAuthzServer.ISSUER;
    private static final String VAULT = "urn:behalf:token-vault";
    private static final String USE = "connections:use";

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private Person person = new Person(server);
    private Agent agent = Agent.register(server);

    @BeforeAll
    void people() {
        Person.account(server, ALICE);
        person = new Person(server).signedIn(ALICE);
        agent = Agent.register(server);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void forAnAgentsTokenTheGatewayGetsOneOfTheSamePersonAgentAndGrantForTheVault() {
        var token = linked(agent, "read " + USE, SUITE);
        var shown = RunningAuthzServer.claims(token);

        var answer = json(server.exchange(token, VAULT));

        assertThat(RunningAuthzServer.claims(text(answer, "access_token")))
                .containsEntry("aud", VAULT)
                .containsEntry("scope", USE)
                .containsEntry("sub", shown.get("sub"))
                .containsEntry("client_id", agent.id())
                .containsEntry("act", Map.of("sub", agent.id()))
                .containsEntry("gid", shown.get("gid"))
                .satisfies(claims -> assertThat((Long) claims.get("exp")).isLessThanOrEqualTo((Long) shown.get("exp")));
        assertThat(answer)
                .containsEntry(
                        "shown",
                        Map.of(
                                "jti", String.valueOf(shown.get("jti")),
                                "client_id", agent.id(),
                                "iat", shown.get("iat") instanceof Long iat ? iat : 0L,
                                "gid", String.valueOf(shown.get("gid"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {SUITE, SUITE + "/", SUITE + "/api/v1/connections", VAULT})
    void aTokenForTheSuiteOrForTheVaultAloneIsGoodThere(String resource) {
        assertThat(json(server.exchange(linked(agent, USE, resource), VAULT))).containsEntry("scope", USE);
    }

    @ParameterizedTest
    @ValueSource(strings = {SUITE + "/tools", SUITE + "/api/v1/connectionsx", SUITE + "/api/v1/connections/github"})
    void aTokenForAnotherPartOfTheSuiteIsNot(String resource) {
        var token = linked(agent, USE, resource);

        assertThat(server.exchange(token, VAULT).statusCode()).isEqualTo(401);
        assertThat(error(agent.exchange(token, Map.of("audience", VAULT)), 400)).isEqualTo("invalid_target");
    }

    @ParameterizedTest
    @ValueSource(strings = {"urn:behalf:authz-server", "urn:behalf:idp-registry"})
    void aPersonsTokenIsGoodAtTheVaultOnly(String service) {
        assertThat(server.exchange(linked(agent, USE, SUITE), service).statusCode())
                .isEqualTo(401);
    }

    @Test
    void aPersonsTokenNeverHasWhatOperatorsHaveAndTheOtherWayRound() {
        var operators = json(server.exchange(server.operatorToken(), VAULT));

        assertThat(text(operators, "scope"))
                .contains("vault-keys:write", "vault-providers:write", "vault-users:write", "audit:read")
                .doesNotContain("connections:");
        assertThat(operators).doesNotContainKey("shown");
        assertThat(text(json(server.exchange(linked(agent, "read", SUITE), VAULT)), "scope"))
                .isEmpty();
    }

    @Test
    void aTokenIsNotGoodOnceItOrItsGrantIsRevoked() {
        var one = linked(agent, USE, SUITE);
        agent.post("/oauth/revoke", Map.of("token", one));
        assertThat(server.exchange(one, VAULT).statusCode()).isEqualTo(401);

        var linked = agent.link(person, Map.of("scope", USE));
        agent.post("/oauth/revoke", Map.of("token", text(linked, "refresh_token")));
        assertThat(server.exchange(text(linked, "access_token"), VAULT).statusCode())
                .isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"audience", "resource"})
    void aHolderExchangesItsTokenForOneOfTheVault(String parameter) {
        var token = linked(agent, "read " + USE, SUITE);

        var exchanged = json(agent.exchange(token, Map.of(parameter, VAULT)));

        var claims = RunningAuthzServer.claims(text(exchanged, "access_token"));
        assertThat(claims)
                .containsEntry("aud", VAULT)
                .containsEntry("scope", USE)
                .containsEntry("sub", RunningAuthzServer.claims(token).get("sub"))
                .containsEntry("gid", RunningAuthzServer.claims(token).get("gid"))
                .containsEntry("client_id", agent.id())
                .containsEntry("act", Map.of("sub", agent.id()));
        assertThat(json(server.exchange(text(exchanged, "access_token"), VAULT)))
                .as("it is good at the gateway too")
                .containsEntry("scope", USE);
        assertThat(json(agent.exchange(text(exchanged, "access_token"), Map.of("resource", SUITE))))
                .as("it gets no wider again")
                .containsEntry("scope", USE);
    }

    @Test
    void anExchangeForTheVaultNamesScopesOfTheVault() {
        var token = linked(agent, "read " + USE, SUITE);

        assertThat(error(agent.exchange(token, Map.of("audience", VAULT, "scope", "read")), 400))
                .isEqualTo("invalid_scope");
        assertThat(error(agent.exchange(linked(agent, "read", SUITE), Map.of("audience", VAULT)), 400))
                .isEqualTo("invalid_scope");
    }

    @Test
    void whoManagesConnectionsIsAClientThatTheOperatorMade() {
        var wanted = USE + " connections:manage";
        var app = Agent.ofOperator(server);

        assertThat(text(json(server.exchange(linked(app, wanted, SUITE), VAULT)), "scope"))
                .isEqualTo("connections:manage " + USE);
        assertThat(text(json(server.exchange(linked(agent, wanted, SUITE), VAULT)), "scope"))
                .isEqualTo(USE);
    }

    @Test
    void whoManagesConnectionsCannotHandThatOnToAClientThatAnybodyMade() {
        var helper = Agent.register(server, "client_secret_basic", Map.of("client_name", "Helper"));
        var app = Agent.ofOperator(server);
        var token = text(
                json(app.exchange(linked(app, USE + " connections:manage", SUITE), Map.of("may_act", helper.id()))),
                "access_token");

        assertThat(error(helper.exchange(token, Map.of("audience", VAULT, "scope", "connections:manage")), 400))
                .isEqualTo("invalid_scope");
        var delegated = json(helper.exchange(token, Map.of("audience", VAULT)));
        assertThat(delegated).containsEntry("scope", USE);
        assertThat(RunningAuthzServer.claims(text(delegated, "access_token")))
                .containsEntry("client_id", helper.id())
                .containsEntry("act", Map.of("sub", helper.id(), "act", Map.of("sub", app.id())));
    }

    private String linked(Agent client, String scope, String resource) {
        return text(client.link(person, Map.of("scope", scope, "resource", resource)), "access_token");
    }
}
