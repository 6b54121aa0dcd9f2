package dev.behalf.authz.userinfo;

import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Sign-in for clients (OpenID Connect Core §2, §3.1, §5.3).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenIdTest {

    private static final String ALICE = "alice@example.com";

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private Person person = new Person(server);
    private Agent agent = Agent.register(server);
    private String alice = "";

    @BeforeAll
    void people() {
        var reply = server.postJson(
                "/api/v1/users",
                Json.text(Map.of(
                        "username", ALICE, "password", Person.PASSWORD, "name", "Alice Example", "email", ALICE)),
                server.internalToken());
        assertThat(reply.statusCode()).isEqualTo(201);
        alice = String.valueOf(Json.readObject(reply.body()).get("id"));
        person = new Person(server).signedIn(ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void anIdTokenSaysWhoSignedInWhenAndForWhom() {
        var token = text(agent.link(person, Map.of("scope", "openid", "nonce", "n-0S6")), "id_token");
        var jwt = RawJwt.parse(token);
        var keys = KeySet.parse(server.get("/jwks", null).body().getBytes(StandardCharsets.UTF_8));

        assertThat(jwt.algorithm()).isEqualTo(JwsAlgorithm.RS256);
        assertThat(keys.verify(jwt)).isPresent();
        assertThat(RunningAuthzServer.claims(token))
                .containsEntry("iss", RunningAuthzServer.ISSUER)
                .containsEntry("sub", alice)
                .containsEntry("aud", agent.id())
                .containsEntry("nonce", "n-0S6")
                .containsKeys("iat", "exp", "auth_time")
                .doesNotContainKeys("email", "name");
    }

    @Test
    void aRefreshedIdTokenIsOfTheSamePersonWithoutTheNonce() {
        var tokens = agent.link(person, Map.of("scope", "openid", "nonce", "n"));

        var again = text(json(agent.refresh(text(tokens, "refresh_token"))), "id_token");

        assertThat(RunningAuthzServer.claims(again))
                .containsEntry("sub", alice)
                .containsEntry(
                        "auth_time",
                        RunningAuthzServer.claims(text(tokens, "id_token")).get("auth_time"))
                .doesNotContainKey("nonce");
    }

    @Test
    void anIdTokenIsNoAccessToken() {
        var token = text(agent.link(person, Map.of("scope", "openid")), "id_token");

        assertThat(server.get("/oauth/userinfo", token).statusCode()).isEqualTo(401);
        assertThat(server.introspect(token)).isEqualTo(Map.of("active", false));
    }

    @Test
    void userinfoTellsWhatTheScopesStandFor() {
        assertThat(userinfo("openid")).isEqualTo(Map.of("sub", alice));
        assertThat(userinfo("openid profile"))
                .isEqualTo(Map.of("sub", alice, "name", "Alice Example", "preferred_username", ALICE));
        assertThat(userinfo("openid email")).isEqualTo(Map.of("sub", alice, "email", ALICE, "email_verified", false));
    }

    @Test
    void userinfoTakesNoOtherTokens() {
        var withoutScope = text(agent.link(person, Map.of("scope", "read")), "access_token");
        var elsewhere = text(
                agent.link(person, Map.of("scope", "openid", "resource", RunningAuthzServer.ISSUER + "/tools")),
                "access_token");

        var refused = server.get("/oauth/userinfo", withoutScope);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("WWW-Authenticate").orElse(""))
                .contains("error=\"insufficient_scope\"", "scope=\"openid\"");
        assertThat(server.get("/oauth/userinfo", elsewhere).statusCode()).isEqualTo(401);
        assertThat(server.get("/oauth/userinfo", server.operatorToken()).statusCode())
                .isEqualTo(401);
        assertThat(server.get("/oauth/userinfo?access_token=" + withoutScope, null)
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void openidCannotBeUnticked() {
        var page = person.get(agent.path(Map.of("scope", "openid read")));

        var answer = Agent.answer(person.submit(page, Map.of("decision", "allow", "scope", "read")));

        assertThat(json(agent.redeem(answer.getOrDefault("code", ""), Map.of())))
                .containsEntry("scope", "openid read");
    }

    private Map<String, ?> userinfo(String scope) {
        return json(server.get("/oauth/userinfo", text(agent.link(person, Map.of("scope", scope)), "access_token")));
    }
}
