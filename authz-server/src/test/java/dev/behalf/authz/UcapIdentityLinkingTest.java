package dev.behalf.authz;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.TestPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// UCAP's capability `dev.ucap.content.identity`, as its page has it: flow, endpoints, discovery, scopes,
/// guidelines. What it asks of publishers' own paths is the gateway's.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UcapIdentityLinkingTest {

    private static final String ALICE = "alice@example.com";

    private final RunningAuthzServer server =
            RunningAuthzServer.start(TestPostgres.shared().newDatabase(), Map.of("behalf.test.clock", true));
    private final Agent agent = Agent.register(server);
    private Person alice = new Person(server);
    private String account = "";

    @BeforeAll
    void person() {
        account = Person.account(server, ALICE);
        alice = new Person(server).signedIn(ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    /// Flow, steps 1 to 5: every address comes from the metadata, and the token stands for the user.
    @Test
    void identityLinkingFlow() {
        var metadata = metadata();
        var authorize = path(text(metadata, "authorization_endpoint"));
        var query = agent.path(Map.of()).substring("/oauth/authorize".length());

        var page = alice.get(authorize + query);
        assertThat(page.body()).contains("Demo Agent", "Read on your behalf");
        var code = Agent.answer(alice.allow(page)).getOrDefault("code", "");
        var tokens = json(agent.post(
                path(text(metadata, "token_endpoint")),
                Map.of(
                        "grant_type",
                        "authorization_code",
                        "code",
                        code,
                        "redirect_uri",
                        Agent.REDIRECT,
                        "code_verifier",
                        agent.verifier())));

        assertThat(tokens).containsEntry("token_type", "Bearer");
        assertThat(server.introspect(text(tokens, "access_token")))
                .containsEntry("active", true)
                .containsEntry("sub", account)
                .containsEntry("username", ALICE)
                .containsEntry("client_id", agent.id())
                .containsEntry("act", Map.of("sub", agent.id()));
    }

    /// Endpoints: `GET /.well-known/oauth-authorization-server`, OAuth server metadata discovery.
    @Test
    void endpointOAuthServerMetadataDiscovery() {
        var reply = server.get("/.well-known/oauth-authorization-server", null);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/json");
    }

    /// Endpoints: `GET /oauth/authorize`, the authorization endpoint.
    @Test
    void endpointAuthorizeIsOpenedByGet() {
        assertThat(new Person(server).get(agent.path(Map.of())).statusCode()).isEqualTo(303);
        assertThat(server.call("DELETE", "/oauth/authorize", null).statusCode()).isEqualTo(405);
    }

    /// Endpoints: `POST /oauth/token`, the token endpoint.
    @Test
    void endpointTokenTakesPostAlone() {
        assertThat(error(agent.redeem("nonsense", Map.of()), 400)).isEqualTo("invalid_grant");
        assertThat(server.get("/oauth/token?grant_type=authorization_code&code=x", null)
                        .statusCode())
                .isEqualTo(405);
    }

    /// OAuth Server Discovery: the six members of the example, with its values.
    @Test
    void oauthServerDiscoveryHasTheSixMembersOfTheExample() {
        var metadata = metadata();

        assertThat(metadata)
                .containsEntry("issuer", RunningAuthzServer.ISSUER)
                .containsEntry("authorization_endpoint", RunningAuthzServer.ISSUER + "/oauth/authorize")
                .containsEntry("token_endpoint", RunningAuthzServer.ISSUER + "/oauth/token")
                .containsEntry("response_types_supported", List.of("code"));
        assertThat(list(metadata, "scopes_supported")).contains("read", "subscribe", "manage");
        assertThat(list(metadata, "grant_types_supported")).contains("authorization_code", "refresh_token");
    }

    /// OAuth Server Discovery: what clients of today look for beside the six.
    @Test
    void oauthServerDiscoveryHasWhatClientsOfTodayLookFor() {
        assertThat(metadata())
                .containsEntry("revocation_endpoint", RunningAuthzServer.ISSUER + "/oauth/revoke")
                .containsEntry("introspection_endpoint", RunningAuthzServer.ISSUER + "/oauth/introspect")
                .containsEntry("registration_endpoint", RunningAuthzServer.ISSUER + "/oauth/register")
                .containsEntry("jwks_uri", RunningAuthzServer.ISSUER + "/jwks")
                .containsEntry("code_challenge_methods_supported", List.of("S256"))
                .containsKey("token_endpoint_auth_methods_supported")
                .containsEntry("authorization_response_iss_parameter_supported", true)
                .containsEntry("client_id_metadata_document_supported", true);
    }

    /// Discovery of the publisher: `GET /.well-known/ucap.json`, with the members that must be there.
    @Test
    void theDiscoveryDocumentOfThePublisher() {
        assertThat(json(server.get("/.well-known/ucap.json", null)))
                .containsEntry("ucap_version", "1.1.0")
                .containsEntry("publisher_id", "behalf.test")
                .containsEntry("ucap_server", RunningAuthzServer.ISSUER)
                .containsKey("publisher_name");
    }

    /// Scopes: `read`, `subscribe`, `manage`. Each is said in words, and none stands for another.
    @ParameterizedTest
    @ValueSource(strings = {"read", "subscribe", "manage"})
    void scopeIsGivenAloneAndImpliesNoOther(String scope) {
        var tokens = agent.link(alice, Map.of("scope", scope));

        assertThat(tokens).containsEntry("scope", scope);
        assertThat(RunningAuthzServer.claims(text(tokens, "access_token"))).containsEntry("scope", scope);
    }

    /// Scopes: the three together.
    @Test
    void scopesAreGivenTogether() {
        var scope = text(agent.link(alice, Map.of("scope", "read subscribe manage")), "scope");

        assertThat(Set.of(scope.split(" "))).isEqualTo(Set.of("read", "subscribe", "manage"));
    }

    /// Scopes: another one is `invalid_scope`.
    @Test
    void anUnknownScopeIsInvalid() {
        assertThat(Agent.answer(alice.get(agent.path(Map.of("scope", "admin")))))
                .containsEntry("error", "invalid_scope");
    }

    /// The flow's bare request: no `resource`, no `redirect_uri`, no `state`; without a scope it is for `read`.
    @Test
    void aBareRequestIsForRead() {
        var bare = Map.of("scope", "", "redirect_uri", "", "state", "");

        assertThat(agent.link(alice, bare)).containsEntry("scope", "read");
    }

    /// For UCAP servers: MUST implement the Authorization Code flow of RFC 6749, so a code is good once.
    @Test
    void serversMustImplementTheAuthorizationCodeFlow() {
        var code = agent.authorize(alice, Map.of()).getOrDefault("code", "");

        json(agent.redeem(code, Map.of()));
        assertThat(error(agent.redeem(code, Map.of()), 400)).isEqualTo("invalid_grant");
    }

    /// For UCAP servers: SHOULD support refresh tokens for long-lived agent access.
    @Test
    void serversShouldSupportRefreshTokensForLongLivedAccess() {
        var token = text(agent.link(alice, Map.of()), "refresh_token");
        for (int day = 0; day < 60; day += 20) {
            server.clock().forward(Duration.ofDays(20));
            var tokens = json(agent.refresh(token));
            assertThat(server.introspect(text(tokens, "access_token"))).containsEntry("sub", account);
            token = text(tokens, "refresh_token");
        }
        alice = new Person(server).signedIn(ALICE); // whose session has not lasted as long
    }

    /// For agents: MUST request only the scopes they need. A refresh may ask for fewer, never for more, and the
    /// person may give fewer than were asked for.
    @Test
    void agentsRequestOnlyTheScopesTheyNeed() {
        var page = alice.get(agent.path(Map.of("scope", "read manage")));
        var answer = Agent.answer(alice.submit(page, Map.of("decision", "allow", "scope", "read")));
        var tokens = json(agent.redeem(answer.getOrDefault("code", ""), Map.of()));
        assertThat(tokens).containsEntry("scope", "read");

        var more = agent.post(
                "/oauth/token",
                Map.of(
                        "grant_type", "refresh_token",
                        "refresh_token", text(tokens, "refresh_token"),
                        "scope", "manage"));
        assertThat(error(more, 400)).isEqualTo("invalid_scope");
    }

    /// For agents: MUST handle token expiration. They are told when, and that is when it happens.
    @Test
    void agentsAreToldWhenATokenExpires() {
        var tokens = agent.link(alice, Map.of());
        var access = text(tokens, "access_token");
        assertThat(tokens).containsEntry("expires_in", 600L);

        server.clock().forward(Duration.ofSeconds(599));
        assertThat(server.introspect(access)).containsEntry("active", true);
        server.clock().forward(Duration.ofSeconds(1));
        assertThat(server.introspect(access)).isEqualTo(Map.of("active", false));
        assertThat(server.introspect(text(json(agent.refresh(text(tokens, "refresh_token"))), "access_token")))
                .containsEntry("active", true);
    }

    private Map<String, @Nullable Object> metadata() {
        return json(server.get("/.well-known/oauth-authorization-server", null));
    }

    private static List<String> list(Map<String, @Nullable Object> json, String name) {
        return ((List<?>) java.util.Objects.requireNonNull(json.get(name)))
                .stream().map(String::valueOf).toList();
    }

    private static String path(String url) {
        assertThat(url).startsWith(RunningAuthzServer.ISSUER + "/");
        return url.substring(RunningAuthzServer.ISSUER.length());
    }
}
