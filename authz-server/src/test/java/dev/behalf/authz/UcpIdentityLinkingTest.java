package dev.behalf.authz;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// UCP's capability `dev.ucp.common.identity_linking`, which asks more than UCAP's: what it demands of an
/// authorization server. What it demands of a business's own paths is the gateway's.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UcpIdentityLinkingTest {

    private static final String ALICE = "alice@example.com";

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private final Agent agent = Agent.register(server);
    private Person alice = new Person(server);

    @BeforeAll
    void person() {
        Person.account(server, ALICE);
        alice = new Person(server).signedIn(ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    /// PKCE: S256 is mandatory, `plain` is never taken.
    @ParameterizedTest
    @CsvSource({"code_challenge, ''", "code_challenge_method, ''", "code_challenge_method, plain"})
    void pkceS256IsMandatoryAndPlainIsNever(String parameter, String value) {
        assertThat(Agent.answer(alice.get(agent.path(Map.of(parameter, value)))))
                .containsEntry("error", "invalid_request");
    }

    /// PKCE: no code without its verifier.
    @Test
    void pkceACodeNeedsItsVerifier() {
        var code = agent.authorize(alice, Map.of()).getOrDefault("code", "");

        assertThat(error(agent.redeem(code, Map.of("code_verifier", agent.challenge())), 400))
                .isEqualTo("invalid_grant");
    }

    /// RFC 9207: `iss` in every answer, a code, a refusal of ours and one of the person.
    @Test
    void issIsInEveryAuthorizationResponse() {
        assertThat(agent.authorize(alice, Map.of())).containsEntry("iss", RunningAuthzServer.ISSUER);
        assertThat(Agent.answer(alice.get(agent.path(Map.of("scope", "nonsense")))))
                .containsEntry("iss", RunningAuthzServer.ISSUER);
        assertThat(Agent.answer(alice.decide(alice.get(agent.path(Map.of())), "deny")))
                .containsEntry("error", "access_denied")
                .containsEntry("iss", RunningAuthzServer.ISSUER);
    }

    /// Metadata: four members that must be there.
    @Test
    void metadataNamesWhatThePlatformReliesOn() {
        assertThat(json(server.get("/.well-known/oauth-authorization-server", null)))
                .containsEntry("authorization_response_iss_parameter_supported", true)
                .containsEntry("code_challenge_methods_supported", List.of("S256"))
                .containsKeys("scopes_supported", "token_endpoint_auth_methods_supported");
    }

    /// Metadata: the issuer is one text everywhere, byte for byte.
    @Test
    void issuerIsTheSameByteForByteInMetadataAnswersAndTokens() {
        var issuer = text(json(server.get("/.well-known/oauth-authorization-server", null)), "issuer");
        var answer = agent.authorize(alice, Map.of("scope", "openid"));
        var tokens = json(agent.redeem(answer.getOrDefault("code", ""), Map.of()));

        assertThat(answer).containsEntry("iss", issuer);
        assertThat(RunningAuthzServer.claims(text(tokens, "access_token"))).containsEntry("iss", issuer);
        assertThat(RunningAuthzServer.claims(text(tokens, "id_token"))).containsEntry("iss", issuer);
    }

    /// Metadata: served without redirects and public for a minute or more; a 404, on which alone a platform
    /// goes on to OpenID Connect Discovery, where there is none.
    @Test
    void metadataIsPublicWithoutRedirectsAnd404WhereThereIsNone() {
        var reply = server.get("/.well-known/oauth-authorization-server", null);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("public, max-age=300");
        assertThat(server.get("/.well-known/oauth-authorization-server/nobody", null)
                        .statusCode())
                .isEqualTo(404);
    }

    /// Redirect URIs: exact.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://agent.example/callback/",
                "https://agent.example/callback?x",
                "https://agent.example:443/callback",
                "https://AGENT.example/callback"
            })
    void redirectUriIsExact(String uri) {
        assertThat(alice.get(agent.path(Map.of("redirect_uri", uri))).statusCode())
                .isEqualTo(400);
    }

    /// Redirect URIs: but for the port of a loopback address.
    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1/callback, http://127.0.0.1:53127/callback",
        "http://[::1]:1/callback, http://[::1]:53127/callback"
    })
    void redirectUriToLoopbackIgnoresThePort(String registered, String used) {
        var cli = Agent.register(server, "none", Map.of("redirect_uris", List.of(registered)));

        assertThat(alice.get(cli.path(Map.of("redirect_uri", used))).statusCode())
                .isEqualTo(200);
    }

    /// Errors: who the client is, is one thing, what it shows another.
    @Test
    void invalidClientAndInvalidGrantAreToldApart() {
        var confidential = Agent.register(server, "client_secret_basic", Map.of());

        assertThat(error(server.token("grant_type=refresh_token&refresh_token=x", confidential.id(), "wrong"), 401))
                .isEqualTo("invalid_client");
        assertThat(error(confidential.refresh("x"), 400)).isEqualTo("invalid_grant");
        assertThat(error(confidential.redeem("x", Map.of()), 400)).isEqualTo("invalid_grant");
    }

    /// Revocation: with a refresh token its access tokens end at once.
    @Test
    void revokingARefreshTokenEndsItsAccessTokensAtOnce() {
        var tokens = agent.link(alice, Map.of());
        assertThat(server.introspect(text(tokens, "access_token"))).containsEntry("active", true);

        assertThat(agent.post("/oauth/revoke", Map.of("token", text(tokens, "refresh_token")))
                        .statusCode())
                .isEqualTo(200);

        assertThat(server.introspect(text(tokens, "access_token"))).isEqualTo(Map.of("active", false));
    }

    /// Each call is judged by `iss`, `aud`, `exp`, `scope` and `client_id`: a token has them all.
    @Test
    void aTokenHasAllThatItIsJudgedBy() {
        assertThat(RunningAuthzServer.claims(text(agent.link(alice, Map.of()), "access_token")))
                .containsEntry("iss", RunningAuthzServer.ISSUER)
                .containsEntry("aud", RunningAuthzServer.ISSUER)
                .containsEntry("scope", "read")
                .containsEntry("client_id", agent.id())
                .containsKey("exp");
    }

    /// RFC 9728: the resource names its authorization server.
    @Test
    void protectedResourceMetadataNamesTheAuthorizationServer() {
        assertThat(json(server.get("/.well-known/oauth-protected-resource", null)))
                .containsEntry("resource", RunningAuthzServer.ISSUER)
                .containsEntry("authorization_servers", List.of(RunningAuthzServer.ISSUER));
    }

    /// RFC 7523 assertions of other identity providers as grants: not offered, and so not in the metadata.
    @Test
    void assertionsOfOtherProvidersAreNoGrantHereAndNotAdvertised() {
        var reply = agent.post(
                "/oauth/token", Map.of("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "x"));

        assertThat(error(reply, 400)).isEqualTo("unsupported_grant_type");
        assertThat(Json.text(json(server.get("/.well-known/oauth-authorization-server", null))))
                .doesNotContain("grant-type:jwt-bearer");
    }
}
