package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.embedded.Ports;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.testkit.NodeScript;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The README's tours of linking and connecting, through the public port: agents get themselves linked to
/// Alice, act for her at the gateway and with her account elsewhere, and are stopped by her.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LinkedAgentTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    private final Calls calls = new Calls();
    private RunningStack stack;
    private String accounts = "";

    @BeforeAll
    void start(@TempDir Path folder) {
        int port = Ports.free();
        stack = RunningStack.up(folder.resolve("data"), port, "--allow-outbound", "127.0.0.1:" + port);
    }

    @AfterAll
    void stop() {
        stack.close();
    }

    @Test
    void an_agent_is_linked_in_the_browser_acts_at_the_gateway_and_is_stopped_within_the_second() {
        var link = Command.start(stack.data(), List.of("link"));
        link.await("/oauth/authorize?");
        var url = Pattern.compile("http\\S+/oauth/authorize\\?\\S+").matcher(link.output());
        assertThat(url.find()).isTrue();
        var alice = new Browser().open(url.group());
        alice.submit(signIn());
        assertThat(alice.page()).contains("Demo agent", "127.0.0.1");

        alice.submit(Map.of("decision", "allow"));

        assertThat(alice.page()).isEqualTo("You can close this page.");
        assertThat(link.awaitEnd()).as(link.output()).isZero();
        assertThat(link.output()).contains("username: \"alice@example.com\"", "scope: \"read\"");

        var token = Command.run(stack.data(), "agent-token");
        var answer = stack.ask(token);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.user()).isEqualTo("alice@example.com");
        assertThat(answer.body()).doesNotContain(token);

        alice.open(stack.url() + "/account/agents").submit(Map.of());

        Command.waitUntil("the refusal", () -> stack.ask(token).status() == 401);
        assertThat(Command.run(stack.data(), "agent-token")).startsWith("behalf: ");
    }

    @Test
    void an_agent_uses_an_account_that_alice_connected_while_she_lets_it() throws Exception {
        var alice = new Browser();
        var app = linked(
                alice, client("/api/v1/clients", "Alice's app"), "connections:manage connections:read connections:use");
        var agent = linked(alice, client("/oauth/register", "An agent"), "connections:use");

        assertThat(tokenFor(agent)).containsEntry("status", "not_connected");

        var connection = connect(app);
        var refused = tokenFor(agent);
        assertThat(refused).containsEntry("status", "consent_required").containsEntry("error", "CONSENT_REQUIRED");
        assertThat(String.valueOf(refused.get("authorization_url"))).startsWith(stack.url() + "/connections/");

        var path = "/api/v1/connections/" + connection;
        assertThat(call("PUT", path + "/agents/" + agent.client(), agent, Map.of())
                        .status())
                .as("an agent cannot let itself")
                .isEqualTo(403);
        assertThat(call("PUT", path + "/agents/" + agent.client(), app, Map.of())
                        .status())
                .isEqualTo(204);
        var given = tokenFor(agent);
        assertThat(given).containsEntry("status", "active");
        var account = "Bearer " + given.get("access_token");
        var userinfo = accounts + "/userinfo";
        assertThat(calls.send("GET", userinfo, Map.of("Authorization", account), null)
                        .body())
                .contains("\"demo-alice\"");

        var refresh = Map.of(
                "provider",
                DemoAccounts.NAME,
                "grant_type",
                "refresh_token",
                "refresh_token",
                "connection:" + connection);
        var renewed = call("POST", "/api/v1/identity/oauth/token", app, refresh);
        assertThat(renewed.status()).as(renewed.body()).isEqualTo(200);
        assertThat(Json.readObject(renewed.body())).containsKey("access_token");
        assertThat(call("POST", "/api/v1/identity/oauth/token", agent, refresh).status())
                .as("an agent gets none that way")
                .isEqualTo(403);

        var _ = post("/oauth/revoke", Map.of("client_id", agent.client(), "token", agent.refreshToken()));
        Command.waitUntil("the refusal", () -> call("GET", TOKEN, agent, null).status() == 401);

        var again = linked(alice, agent.client(), "connections:use");
        assertThat(tokenFor(again)).containsEntry("status", "active");
        assertThat(Json.readObject(call("DELETE", path, app, null).body())).containsEntry("at_provider", "revoked");
        assertThat(tokenFor(again)).containsEntry("status", "not_connected");
        assertThat(calls.send("GET", userinfo, Map.of("Authorization", account), null)
                        .statusCode())
                .isEqualTo(401);

        assertThat(Command.run(stack.data(), "audit", "verify"))
                .contains("The audit log is whole: ", "hash of the last: ");
        var audit = stack.manage(stack.operatorToken(), "GET", "/api/v1/audit", null);
        assertThat(audit.body()).contains(agent.client()).doesNotContain(account.substring("Bearer ".length()));
        assertThat(stack.manage(stack.operatorToken(), "GET", "/api/v1/connections", null)
                        .status())
                .as("an operator sees nobody's accounts")
                .isEqualTo(403);
    }

    /// The vault finds the stack's own authorization server by its issuer, and is a client of it like any
    /// other.
    @Test
    void the_vault_registers_itself_at_the_server_of_its_own_stack_and_people_connect_through_it() throws Exception {
        var provider = "/api/v1/providers/own";
        var operator = stack.operatorToken();
        var stored = stack.manage(operator, "PUT", provider, Map.of("discover", Map.of("issuer", stack.url())));
        assertThat(stored.status()).as(stored.body()).isEqualTo(201);
        var registration = stack.manage(operator, "GET", provider + "/registration", null);
        assertThat(Json.readObject(registration.body()))
                .containsEntry("state", "registered")
                .containsEntry("managed", true);
        var client = String.valueOf(Json.readObject(registration.body()).get("clientId"));

        var renamed =
                stack.manage(operator, "PUT", provider + "/registration", Map.of("client_name", "Behalf of Corp"));
        assertThat(renamed.status()).as(renamed.body()).isEqualTo(200);
        var atServer = stack.manage(operator, "GET", "/api/v1/clients/" + client, null);
        assertThat(atServer.body()).contains("Behalf of Corp");

        var alice = new Browser();
        var app = linked(
                alice,
                client("/api/v1/clients", "Another app of Alice's"),
                "connections:manage connections:read connections:use");
        var begun = call(
                "POST",
                "/api/v1/connections/authorizations",
                app,
                Map.of("provider", "own", "redirect_uri", Services.DEMO_APP));
        assertThat(begun.status()).as(begun.body()).isEqualTo(201);
        alice.open(String.valueOf(Json.readObject(begun.body()).get("authorization_url")));
        assertThat(alice.page()).contains("Behalf of Corp");
        var answer = query(alice.submitAndLeave(Map.of("decision", "allow")));
        assertThat(answer).containsEntry("iss", stack.url());
        var connected = call("POST", "/api/v1/connections/authorizations/answers", app, answer);
        assertThat(connected.status()).as(connected.body()).isEqualTo(201);
        var connection = Json.readObject(connected.body()).get("id");

        var refresh =
                Map.of("provider", "own", "grant_type", "refresh_token", "refresh_token", "connection:" + connection);
        var first = call("POST", "/api/v1/identity/oauth/token", app, refresh);
        assertThat(first.status()).as(first.body()).isEqualTo(200);
        var userinfo = stack.send(
                "GET",
                "/oauth/userinfo",
                Map.of(
                        "Authorization",
                        "Bearer " + Json.readObject(first.body()).get("access_token")),
                null);
        assertThat(userinfo.status()).as(userinfo.body()).isEqualTo(200);
        assertThat(call("GET", "/api/v1/connections", app, null).body()).contains("alice@example.com");

        var ended = call("DELETE", "/api/v1/connections/" + connection, app, null);
        assertThat(Json.readObject(ended.body())).containsEntry("at_provider", "revoked");
        assertThat(stack.manage(operator, "DELETE", provider, null).status()).isEqualTo(204);
        assertThat(stack.manage(operator, "GET", "/api/v1/clients/" + client, null)
                        .status())
                .isEqualTo(404);
    }

    /// npm `oauth4webapi`, unchanged, learns from the vault where to go.
    @Test
    void a_client_that_others_wrote_registers_changes_and_deletes_itself_where_the_vault_says() {
        var provider = "/api/v1/providers/for-others";
        var operator = stack.operatorToken();
        assertThat(stack.manage(operator, "PUT", provider, Map.of("discover", Map.of("issuer", stack.url())))
                        .status())
                .isEqualTo(201);

        assertThat(NodeScript.run(
                        "discovered",
                        Map.of(
                                "PROVIDER",
                                stack.url() + provider,
                                "OPERATOR_TOKEN",
                                operator,
                                "PERSON",
                                "alice@example.com",
                                "PASSWORD",
                                Command.run(stack.data(), "user", "alice", "--password"))))
                .contains("ok  registered", "ok  changed", "ok  code flow", "ok  refresh", "ok  deleted");

        assertThat(stack.manage(operator, "DELETE", provider, null).status()).isEqualTo(204);
    }

    @Test
    void an_agent_calls_with_an_account_of_alice_whose_token_it_never_sees() throws Exception {
        inject();
        var alice = new Browser();
        var app = linked(alice, client("/api/v1/clients", "Alice's other app"), "connections:manage connections:read");
        var agent = linked(alice, client("/oauth/register", "Another agent"), "read");
        Command.waitUntil(
                "the route",
                () -> agentCall(agent.accessToken(), Map.of(), null).status() == 403);

        var asked = agentCall(agent.accessToken(), Map.of(), null);
        assertThat(Json.readObject(asked.body()))
                .containsEntry("error", "CONSENT_REQUIRED")
                .containsEntry("status", "not_connected")
                .containsEntry("provider", DemoAccounts.NAME);
        var elicited = Json.readObject(tool(agent).body());
        assertThat(elicited).containsEntry("id", "call-1").doesNotContainKey("result");
        assertThat(String.valueOf(elicited.get("error")))
                .contains("code=-32042", "mode=url", "url=" + stack.url() + "/connections/connect/demo?agent=");

        var connection = connect(app);
        assertThat(Json.readObject(
                        agentCall(agent.accessToken(), Map.of(), null).body()))
                .containsEntry("status", "consent_required");
        var path = "/api/v1/connections/" + connection;
        assertThat(call("PUT", path + "/agents/" + agent.client(), app, Map.of())
                        .status())
                .isEqualTo(204);

        var answer = agentCall(agent.accessToken(), Map.of("X-End-User-ID", "root"), null);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.user()).isEqualTo("alice@example.com");
        var account = authorization(answer); // the demo agent says what it was sent
        assertThat(account).startsWith("Bearer ").doesNotContain(agent.accessToken());
        assertThat(calls.send("GET", accounts + "/userinfo", Map.of("Authorization", account), null)
                        .body())
                .contains("\"demo-alice\"");
        assertThat(authorization(tool(agent))).isEqualTo(account);
        assertThat(agentCall(stack.userToken("alice"), Map.of(), null).status())
                .as("a token that names no agent")
                .isEqualTo(403);

        var audit = stack.manage(stack.operatorToken(), "GET", "/api/v1/audit?agent=" + agent.client(), null);
        assertThat(audit.body())
                .contains("token.injected", "GET " + Demo.HOST + INJECTED, "POST " + Demo.HOST + INJECTED)
                .doesNotContain("token.read", account.substring("Bearer ".length()));

        assertThat(Json.readObject(call("DELETE", path, app, null).body())).containsEntry("at_provider", "revoked");
        assertThat(Json.readObject(
                        agentCall(agent.accessToken(), Map.of(), null).body()))
                .containsEntry("status", "not_connected");
        assertThat(stack.send("POST", "/internal/injections", Map.of(), "{}").status())
                .as("the vault's own door is not in the gateway")
                .isEqualTo(404);
    }

    private static final String INJECTED = "/injected";

    /// One more route to the demo agent, which injects the token of the account.
    private void inject() throws Exception {
        var file = stack.data().resolve("routes.yaml");
        var routes = Files.readString(file);
        var upstream = Pattern.compile("upstream: (\\S+)").matcher(routes);
        assertThat(upstream.find()).isTrue();
        Files.writeString(
                file,
                routes + "  - {host: " + Demo.HOST + ", path: " + INJECTED + ", upstream: \"" + upstream.group(1)
                        + "\", access: user, scopes: [read], inject: " + DemoAccounts.NAME + "}\n");
    }

    private RunningStack.Answer agentCall(String token, Map<String, String> more, @Nullable String body) {
        var headers = new HashMap<>(more);
        headers.put("Host", Demo.HOST);
        headers.put("Authorization", "Bearer " + token);
        return stack.send(body == null ? "GET" : "POST", INJECTED, headers, body);
    }

    /// Calls a tool, as a client of the Model Context Protocol does.
    private RunningStack.Answer tool(Linked agent) {
        var answer = agentCall(
                agent.accessToken(),
                Map.of("Content-Type", "application/json", "Accept", "application/json, text/event-stream"),
                "{\"jsonrpc\":\"2.0\",\"id\":\"call-1\",\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer;
    }

    /// What the demo agent was sent by that name.
    private static String authorization(RunningStack.Answer answer) {
        return Json.readObject(answer.body()).get("headers") instanceof Map<?, ?> headers
                ? String.valueOf(headers.get("Authorization"))
                : "";
    }

    private static final String TOKEN = "/api/v1/connections/" + DemoAccounts.NAME + "/token";

    /// A client and what Alice allowed it.
    private record Linked(String client, String accessToken, String refreshToken) {}

    private Map<String, String> signIn() {
        return Map.of(
                "username", "alice@example.com", "password", Command.run(stack.data(), "user", "alice", "--password"));
    }

    private String client(String path, String name) {
        var made = stack.manage(
                stack.operatorToken(),
                "POST",
                path,
                Map.of(
                        "client_name",
                        name,
                        "redirect_uris",
                        List.of(Services.DEMO_APP),
                        "token_endpoint_auth_method",
                        "none",
                        "grant_types",
                        List.of("authorization_code", "refresh_token")));
        assertThat(made.status()).as(made.body()).isEqualTo(201);
        return String.valueOf(Json.readObject(made.body()).get("client_id"));
    }

    private Linked linked(Browser alice, String client, String scope) {
        var verifier = Secret.random().reveal();
        var request = new LinkedHashMap<String, String>();
        request.put("response_type", "code");
        request.put("client_id", client);
        request.put("redirect_uri", Services.DEMO_APP);
        request.put("scope", scope);
        request.put("state", "the-state");
        request.put(
                "code_challenge",
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(Sha256.of(verifier).bytes()));
        request.put("code_challenge_method", "S256");
        alice.open(stack.url() + "/oauth/authorize?" + form(request));
        if (alice.page().contains("name=\"password\"")) {
            alice.submit(signIn());
        }
        var code = query(alice.submitAndLeave(Map.of("decision", "allow"))).get("code");
        var tokens = post(
                "/oauth/token",
                Map.of(
                        "grant_type",
                        "authorization_code",
                        "client_id",
                        client,
                        "code",
                        String.valueOf(code),
                        "redirect_uri",
                        Services.DEMO_APP,
                        "code_verifier",
                        verifier));
        assertThat(tokens).containsEntry("scope", scope);
        return new Linked(
                client, String.valueOf(tokens.get("access_token")), String.valueOf(tokens.get("refresh_token")));
    }

    /// Connects Alice's demo account, as an app does that hosts the callback.
    private String connect(Linked app) throws Exception {
        var begun = call(
                "POST",
                "/api/v1/connections/authorizations",
                app,
                Map.of("provider", DemoAccounts.NAME, "redirect_uri", Services.DEMO_APP));
        assertThat(begun.status()).as(begun.body()).isEqualTo(201);
        var page = String.valueOf(Json.readObject(begun.body()).get("authorization_url"));
        accounts = page.substring(0, page.indexOf("/authorize"));
        var decision = URI.create(page).getRawQuery() + "&person=alice";
        var allowed = calls.send("POST", page.substring(0, page.indexOf('?')), Map.of("Content-Type", FORM), decision);
        var answer = query(URI.create(allowed.headers().firstValue("Location").orElseThrow()));
        var connected = call("POST", "/api/v1/connections/authorizations/answers", app, answer);
        assertThat(connected.status()).as(connected.body()).isEqualTo(201);
        return String.valueOf(Json.readObject(connected.body()).get("id"));
    }

    private Map<String, @Nullable Object> tokenFor(Linked agent) {
        return Json.readObject(call("GET", TOKEN, agent, null).body());
    }

    private RunningStack.Answer call(String method, String path, Linked by, @Nullable Object body) {
        return stack.manage(by.accessToken(), method, path, body);
    }

    private Map<String, @Nullable Object> post(String path, Map<String, String> form) {
        var answer = stack.send("POST", path, Map.of("Content-Type", FORM), form(form));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return Json.readObject(answer.body());
    }

    private static String form(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private static Map<String, String> query(URI uri) {
        var parameters = new HashMap<String, String>();
        for (var pair : uri.getRawQuery().split("&")) {
            var parts = pair.split("=", 2);
            parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return parameters;
    }
}
