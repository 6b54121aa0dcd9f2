package dev.behalf.authz.introspect;

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

/// Introspection (RFC 7662) and revocation (RFC 7009).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IntrospectionTest {

    private static final String ALICE = "alice@example.com";
    private static final Map<String, Object> INACTIVE = Map.of("active", false);

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private Person person = new Person(server);
    private Agent agent = Agent.register(server);
    private Agent other = Agent.register(server);
    private String alice = "";

    @BeforeAll
    void people() {
        alice = Person.account(server, ALICE);
        person = new Person(server).signedIn(ALICE);
        agent = Agent.register(server, "client_secret_basic", Map.of());
        other = Agent.register(server, "client_secret_basic", Map.of());
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aGoodTokenIsDescribed() {
        var token = text(agent.link(person, Map.of()), "access_token");
        var claims = RunningAuthzServer.claims(token);

        assertThat(server.introspect(token))
                .containsEntry("active", true)
                .containsEntry("token_type", "Bearer")
                .containsEntry("sub", alice)
                .containsEntry("username", ALICE)
                .containsEntry("client_id", agent.id())
                .containsEntry("scope", "read")
                .containsEntry("aud", claims.get("aud"))
                .containsEntry("exp", claims.get("exp"))
                .containsEntry("jti", claims.get("jti"))
                .containsEntry("act", Map.of("sub", agent.id()));
    }

    @Test
    void aRefreshTokenIsDescribedWhileItIsTheNewest() {
        var first = text(agent.link(person, Map.of()), "refresh_token");
        assertThat(server.introspect(first)).containsEntry("active", true).containsEntry("sub", alice);

        var second = text(json(agent.refresh(first)), "refresh_token");

        assertThat(server.introspect(first)).isEqualTo(INACTIVE);
        assertThat(server.introspect(second)).containsEntry("active", true);
    }

    @Test
    void ofAnythingElseNothingIsTold() {
        var token = text(agent.link(person, Map.of()), "access_token");

        assertThat(server.introspect("nonsense")).isEqualTo(INACTIVE);
        assertThat(server.introspect(token.substring(0, token.length() - 4) + "AAAA"))
                .isEqualTo(INACTIVE);
        assertThat(server.introspect("eyJhbGciOiJub25lIn0.e30.")).isEqualTo(INACTIVE);
    }

    @Test
    void aClientThatRegisteredItselfIsToldOfItsOwnTokensOnly() {
        var tokens = agent.link(person, Map.of());

        for (var name : new String[] {"access_token", "refresh_token"}) {
            var token = Map.of("token", text(tokens, name));
            assertThat(json(agent.post("/oauth/introspect", token))).containsEntry("active", true);
            assertThat(json(other.post("/oauth/introspect", token))).isEqualTo(INACTIVE);
        }
    }

    @Test
    void aClientMustProveWhoItIs() {
        var anybody = Agent.register(server);
        var token = text(anybody.link(person, Map.of()), "access_token");

        assertThat(error(anybody.post("/oauth/introspect", Map.of("token", token)), 401))
                .isEqualTo("invalid_client");
    }

    @Test
    void aRevokedAccessTokenGoesAlone() {
        var tokens = agent.link(person, Map.of());

        var reply = agent.post("/oauth/revoke", Map.of("token", text(tokens, "access_token")));

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("{}");
        assertThat(server.introspect(text(tokens, "access_token"))).isEqualTo(INACTIVE);
        var fresh = json(agent.refresh(text(tokens, "refresh_token")));
        assertThat(server.introspect(text(fresh, "access_token"))).containsEntry("active", true);
    }

    @Test
    void aRevokedRefreshTokenTakesItsAccessTokensAlongAtOnce() {
        var tokens = agent.link(person, Map.of());
        var fresh = json(agent.refresh(text(tokens, "refresh_token")));

        agent.post("/oauth/revoke", Map.of("token", text(fresh, "refresh_token"), "token_type_hint", "nonsense"));

        for (var token : new String[] {text(tokens, "access_token"), text(fresh, "access_token")}) {
            assertThat(server.introspect(token)).isEqualTo(INACTIVE);
        }
        assertThat(error(agent.refresh(text(fresh, "refresh_token")), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void nobodyRevokesTheTokensOfAnotherNorLearnsOfThem() {
        var tokens = agent.link(person, Map.of());
        for (var name : new String[] {"access_token", "refresh_token"}) {
            var reply = other.post("/oauth/revoke", Map.of("token", text(tokens, name)));
            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).isEqualTo("{}");
        }
        assertThat(other.post("/oauth/revoke", Map.of("token", "nonsense")).body())
                .isEqualTo("{}");
        assertThat(server.introspect(text(tokens, "access_token"))).containsEntry("active", true);
        json(agent.refresh(text(tokens, "refresh_token")));
    }

    @Test
    void aPublicClientRevokesItsOwn() {
        var anybody = Agent.register(server);
        var tokens = anybody.link(person, Map.of());

        anybody.post("/oauth/revoke", Map.of("token", text(tokens, "refresh_token")));

        assertThat(server.introspect(text(tokens, "access_token"))).isEqualTo(INACTIVE);
    }

    @Test
    void aDisabledPersonsAgentsCanDoNoMore() {
        var bob = Person.account(server, "bob@example.com");
        var tokens = agent.link(new Person(server).signedIn("bob@example.com"), Map.of());

        var reply = server.send(server.request("/api/v1/users/" + bob)
                .header("Authorization", "Bearer " + server.internalToken())
                .header("Content-Type", "application/json")
                .method("PATCH", java.net.http.HttpRequest.BodyPublishers.ofString("{\"disabled\":true}")));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);

        assertThat(server.introspect(text(tokens, "access_token"))).isEqualTo(INACTIVE);
        assertThat(error(agent.refresh(text(tokens, "refresh_token")), 400)).isEqualTo("invalid_grant");
    }
}
