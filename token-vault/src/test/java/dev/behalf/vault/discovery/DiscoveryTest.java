package dev.behalf.vault.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeRegistrationServer;
import dev.behalf.testkit.FakeRegistrationServer.Answer;
import dev.behalf.testkit.FakeRegistrationServer.Form;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// An operator names an authorization server by its issuer, or an MCP server by its URL, and knows no more of
/// it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiscoveryTest {

    private static final String PROVIDERS = "/api/v1/providers/";
    private static final String FOREIGN = "words-of-the-other-side";

    private final Map<Form, FakeRegistrationServer> servers = new EnumMap<>(Form.class);
    private RunningVault vault;

    @BeforeAll
    void start() {
        for (var form : Form.values()) {
            servers.put(form, new FakeRegistrationServer(form));
        }
        vault = RunningVault.start(Map.of(
                "behalf.vault.connect.redirect-uris",
                RotatingProvider.REDIRECT,
                "behalf.outbound.allow",
                servers.values().stream().map(FakeRegistrationServer::host).toList()));
    }

    @AfterEach
    void asItWas() {
        servers.values().forEach(FakeRegistrationServer::asItWas);
    }

    @AfterAll
    void stop() {
        vault.close();
        servers.values().forEach(FakeRegistrationServer::close);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void aServerIsFoundWhereverItDescribesItselfAndAnAccountThereIsConnected(Form form) {
        var server = server(form);
        var name = "at-" + form.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

        var stored = discover(name, Map.of("issuer", server.issuer()));

        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
        assertThat(stored.body()).contains(server.host() + "/authorize", "\"displayName\":\"127.0.0.1\"");
        var user = new VaultUser();
        assertThat(given(user, name, connected(user, server, name))).isIn(server.secrets());
        assertThat(user.connections(vault).getFirst().get("account")).isEqualTo(Map.of("id", "alice", "name", "Alice"));
        vault.delete(PROVIDERS + name);
    }

    /// Many publish one document as an authorization server and another as an OpenID provider.
    @Test
    void whoTheUserIsComesFromTheOpenIdDocumentWhereTheOtherDoesNotSay() {
        var server = server(Form.ROOT);
        server.says("userinfo_endpoint", "");
        server.answers(
                "/.well-known/openid-configuration",
                new Answer(
                        200,
                        Map.of("Content-Type", "application/json"),
                        Json.text(Map.of(
                                "issuer", server.issuer(),
                                "authorization_endpoint", server.issuer() + "/authorize",
                                "token_endpoint", server.issuer() + "/token",
                                "userinfo_endpoint", server.issuer() + "/userinfo"))));
        assertThat(discover("both", Map.of("issuer", server.issuer())).statusCode())
                .isEqualTo(201);
        var user = new VaultUser();

        var _ = connected(user, server, "both");

        assertThat(user.connections(vault).getFirst().get("account")).isEqualTo(Map.of("id", "alice", "name", "Alice"));
        vault.delete(PROVIDERS + "both");
    }

    @Test
    void theIssuerNamesTheProviderToo() {
        var server = server(Form.PATH_INSERTED);
        var _ = discover("named", Map.of("issuer", server.issuer()));
        var user = new VaultUser();

        var id = connected(user, server, server.issuer());

        assertThat(user.connections(vault).getFirst()).containsEntry("provider", "named");
        assertThat(given(user, URLEncoder.encode(server.issuer(), StandardCharsets.UTF_8), id))
                .isIn(server.secrets());
        vault.delete(PROVIDERS + "named");
    }

    @Test
    void anMcpServerIsFoundByItsUrlAndItsTokensAreForIt() {
        var server = server(Form.ROOT);

        var stored = discover("tools", Map.of("resource", server.resource()));

        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
        assertThat(stored.body()).contains("\"displayName\":\"The tools\"", "\"tools:read\"");
        var user = new VaultUser();
        var id = connected(user, server, server.resource()); // asks for the resource, or it is refused there
        assertThat(given(user, "tools", id)).isIn(server.secrets());
        assertThat(server.arrived("POST", "/token").getLast().body())
                .contains("resource=" + URLEncoder.encode(server.resource(), StandardCharsets.UTF_8));
        vault.delete(PROVIDERS + "tools");
    }

    @Test
    void anMcpServerThatNamesItsDocumentNowhereIsFoundAtItsWellKnownPlace() {
        var server = server(Form.ROOT);
        server.answers("/mcp", new Answer(405, Map.of(), ""));

        assertThat(discover("quiet", Map.of("resource", server.resource())).statusCode())
                .isEqualTo(201);
        vault.delete(PROVIDERS + "quiet");
    }

    @Test
    void whatIsFoundIsTheServersToSayAndTheRestTheOperators() {
        var server = server(Form.ROOT);
        var changed = vault.put(
                PROVIDERS + "changed",
                Map.of(
                        "discover",
                        Map.of("issuer", server.issuer()),
                        "displayName",
                        "Ours",
                        "scopes",
                        Map.of("standard", List.of("openid"))));
        assertThat(changed.statusCode()).as(changed.body()).isEqualTo(201);
        assertThat(changed.body()).contains("\"displayName\":\"Ours\"");
        vault.delete(PROVIDERS + "changed");

        for (Map<String, Object> change : List.<Map<String, Object>>of(
                Map.of("token", Map.of("url", "https://elsewhere.example/token")),
                Map.of("token", Map.of("refreshUrl", "https://elsewhere.example/token")),
                Map.of("authorization", Map.of("url", "https://elsewhere.example/authorize")),
                Map.of("revocation", Map.of("url", "https://elsewhere.example/revoke")),
                Map.of("issuer", "https://elsewhere.example"),
                Map.of("extends", "github"))) {
            var body = new java.util.HashMap<String, Object>(change);
            body.put("discover", Map.of("issuer", server.issuer()));
            var refused = vault.put(PROVIDERS + "changed", body);
            assertThat(refused.statusCode()).as(change.toString()).isEqualTo(400);
        }
        assertThat(vault.get(PROVIDERS + "changed").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "issuer, https://elsewhere.example, another issuer",
        "issuer, SELF/, another issuer",
        "token_endpoint, '', token_endpoint",
        "token_endpoint, https://10.0.0.1/token, token_endpoint must not lead to",
        "token_endpoint, https://localhost/token, token_endpoint must not lead to",
        "token_endpoint, https://[::ffff:169.254.169.254]/, token_endpoint must not lead to",
        "authorization_endpoint, http://example.com/authorize, authorization_endpoint must be an https URL",
        "authorization_endpoint, 'javascript:alert(1)', authorization_endpoint must be an https URL",
        "userinfo_endpoint, https://192.168.0.1/, userinfo_endpoint must not lead to",
        "registration_endpoint, http://169.254.169.254/latest, registration_endpoint must",
        "registration_endpoint, '', does not register clients"
    })
    void metadataThatCannotBeTrustedIsRefused(String member, String value, String why) {
        var server = server(Form.ROOT);
        server.says(member, value.replace("SELF", server.issuer()));

        refused(server, why);
    }

    @Test
    void aServerThatDoesNotCheckChallengesIsRefusedUnlessTheOperatorSaysOtherwise() {
        var server = server(Form.ROOT);
        server.says("code_challenge_methods_supported", List.of("plain"));
        refused(server, "S256");

        server.says("code_challenge_methods_supported", "");
        refused(server, "S256");

        var said = vault.put(
                PROVIDERS + "said",
                Map.of("discover", Map.of("issuer", server.issuer()), "authorization", Map.of("pkce", true)));
        assertThat(said.statusCode()).as(said.body()).isEqualTo(201);
        vault.delete(PROVIDERS + "said");
    }

    @Test
    void aServerThatGivesOutNoCodesIsRefused() {
        var server = server(Form.ROOT);
        server.says("response_types_supported", List.of("token"));
        refused(server, "codes");
    }

    @Test
    void anAnswerThatIsNoDocumentIsRefused() {
        var server = server(Form.ROOT);
        server.answers(server.wellKnown(), new Answer(200, Map.of("Content-Type", "text/html"), "<p>" + FOREIGN));
        refused(server, "not a JSON object");

        server.answers(server.wellKnown(), new Answer(302, Map.of("Location", "http://" + server.host() + "/x"), ""));
        refused(server, "redirect");
        assertThat(server.arrived("GET", "/x")).isEmpty();

        server.answers(server.wellKnown(), new Answer(200, Map.of(), "{\"x\":\"" + "x".repeat(200_000) + "\"}"));
        refused(server, "larger than");

        server.answers(server.wellKnown(), new Answer(500, Map.of(), FOREIGN));
        refused(server, "status 500");

        server.answers(server.wellKnown(), new Answer(404, Map.of(), FOREIGN));
        refused(server, "nothing is published there");
    }

    @Test
    void aRegistrationThatCannotBeTrustedIsRefused() {
        var server = server(Form.ROOT);
        server.answers(
                "/register",
                new Answer(
                        400,
                        Map.of(),
                        "{\"error\":\"invalid_client_metadata\",\"error_description\":\"" + FOREIGN + "\"}"));
        refused(server, "invalid_client_metadata");

        server.answers("/register", new Answer(201, Map.of(), "<p>" + FOREIGN));
        refused(server, "no JSON object");

        server.answers(
                "/register",
                new Answer(201, Map.of(), "{\"client_id\":\"x\",\"redirect_uris\":[\"https://elsewhere.example/\"]}"));
        refused(server, "redirect URIs");

        server.answers(
                "/register",
                new Answer(
                        201,
                        Map.of(),
                        "{\"client_id\":\"x\",\"registration_access_token\":\"t\","
                                + "\"registration_client_uri\":\"http://169.254.169.254/\"}"));
        refused(server, "registration_client_uri");

        server.answers(
                "/register",
                new Answer(201, Map.of(), "{\"client_id\":\"x\",\"token_endpoint_auth_method\":\"private_key_jwt\"}"));
        refused(server, "client authentication");

        server.answers("/register", new Answer(503, Map.of(), FOREIGN));
        var away = discover("refused", Map.of("issuer", server.issuer()));
        assertThat(away.statusCode()).isEqualTo(503);
        assertThat(away.headers().firstValue("Retry-After")).isPresent();
        assertThat(away.body()).doesNotContain(FOREIGN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://example.com",
                "https://10.0.0.1",
                "https://127.0.0.1:1",
                "https://localhost",
                "https://[::1]/",
                "https://169.254.169.254",
                "https://user:password@example.com",
                "https://example.com?a=b",
                "https://example.com#a",
                "file:///etc/passwd",
                "not a url"
            })
    void anIssuerThatMayNotBeCalledIsRefused(String issuer) {
        var refused = discover("refused", Map.of("issuer", issuer));

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
    }

    @Test
    void aResourceThatSpeaksForAnotherOrForNobodyIsRefused() {
        var server = server(Form.ROOT);
        var document = "/.well-known/oauth-protected-resource/mcp";
        server.answers(
                document,
                new Answer(
                        200,
                        Map.of(),
                        "{\"resource\":\"https://elsewhere.example/mcp\",\"authorization_servers\":[\""
                                + server.issuer() + "\"]}"));
        refused(discover("refused", Map.of("resource", server.resource())), "another resource");

        server.answers(document, new Answer(200, Map.of(), "{\"resource\":\"" + server.resource() + "\"}"));
        refused(discover("refused", Map.of("resource", server.resource())), "names no authorization server");

        server.answers(
                document,
                new Answer(
                        200,
                        Map.of(),
                        "{\"resource\":\"" + server.resource()
                                + "\",\"authorization_servers\":[\"https://10.0.0.1\"]}"));
        refused(discover("refused", Map.of("resource", server.resource())), "must not lead to");

        server.answers(document, null);
        refused(
                discover(
                        "refused",
                        Map.of(
                                "resource",
                                server.resource(),
                                "issuer",
                                server(Form.PATH_INSERTED).issuer())),
                "does not take tokens of that issuer");

        server.answers(
                "/mcp",
                new Answer(
                        401, Map.of("WWW-Authenticate", "Bearer resource_metadata=\"http://169.254.169.254/x\""), ""));
        refused(discover("refused", Map.of("resource", server.resource())), "must be an https URL");
    }

    private void refused(FakeRegistrationServer server, String why) {
        refused(discover("refused", Map.of("issuer", server.issuer())), why);
    }

    private void refused(HttpResponse<String> reply, String why) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        assertThat(RunningVault.error(reply)).contains(why).doesNotContain(FOREIGN);
        assertThat(vault.get(PROVIDERS + "refused").statusCode()).isEqualTo(404);
    }

    private FakeRegistrationServer server(Form form) {
        return Objects.requireNonNull(servers.get(form));
    }

    private HttpResponse<String> discover(String name, Map<String, ?> what) {
        return vault.put(PROVIDERS + name, Map.of("discover", what));
    }

    private String connected(VaultUser user, FakeRegistrationServer server, String provider) {
        var begun = vault.post(
                "/api/v1/connections/authorizations",
                Map.of("provider", provider, "redirect_uri", RotatingProvider.REDIRECT),
                user.own());
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
        var url = URI.create(String.valueOf(RunningVault.json(begun).get("authorization_url")));
        var connected = user.complete(vault, server.approve(url));
        assertThat(connected.statusCode()).as(connected.body()).isEqualTo(201);
        return String.valueOf(RunningVault.json(connected).get("id"));
    }

    private @Nullable Object given(VaultUser user, String provider, String id) {
        user.allow(vault, id);
        var given = vault.get(
                "/api/v1/connections/" + provider + "/token",
                RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use"));
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
        return RunningVault.json(given).get("access_token");
    }
}
