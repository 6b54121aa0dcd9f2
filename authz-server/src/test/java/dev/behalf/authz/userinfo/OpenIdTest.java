package dev.behalf.authz.userinfo;

import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

    /// OpenID Connect Dynamic Client Registration §2: `id_token_signed_response_alg`.
    @ParameterizedTest
    @EnumSource(names = {"RS256", "ES256", "EdDSA"})
    void anIdTokenIsSignedAsItsClientAskedFor(JwsAlgorithm algorithm) throws Exception {
        var asking = Agent.register(server, "none", Map.of("id_token_signed_response_alg", algorithm.name()));

        var tokens = asking.link(person, Map.of("scope", "openid", "nonce", "n-0S6"));
        var refreshed = json(asking.refresh(text(tokens, "refresh_token")));

        isGoodFor(asking, algorithm, text(tokens, "id_token"), "n-0S6");
        isGoodFor(asking, algorithm, text(refreshed, "id_token"), null);
        assertThat(RawJwt.parse(text(tokens, "access_token")).algorithm()).isEqualTo(JwsAlgorithm.ES256);
    }

    private void isGoodFor(Agent client, JwsAlgorithm algorithm, String idToken, @Nullable String nonce)
            throws Exception {
        var published = server.get("/jwks", null).body();
        var jwt = RawJwt.parse(idToken);
        assertThat(jwt.algorithm()).isEqualTo(algorithm);
        assertThat(KeySet.parse(published.getBytes(StandardCharsets.UTF_8)).verify(jwt))
                .isPresent();
        if (algorithm == JwsAlgorithm.EdDSA) {
            return; // which Nimbus cannot verify by the JDK alone
        }
        var validator = new IDTokenValidator(
                new Issuer(RunningAuthzServer.ISSUER),
                new ClientID(client.id()),
                JWSAlgorithm.parse(algorithm.name()),
                JWKSet.parse(published));
        var subject = validator
                .validate(SignedJWT.parse(idToken), nonce == null ? null : new Nonce(nonce))
                .getSubject();
        assertThat(subject.getValue()).isEqualTo(alice);
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
