package dev.behalf.authz.authorize;

import static dev.behalf.authz.Agent.error;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pushed authorization requests (RFC 9126).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PushedRequestTest {

    private static final String ALICE = "alice@example.com";

    private final RunningAuthzServer server = RunningAuthzServer.start();

    @BeforeAll
    void person() {
        Person.account(server, ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aPushedRequestCanBeLookedAtTwiceAndIsAnsweredOnce() {
        var agent = Agent.register(server, "client_secret_basic", Map.of());
        var path = path(agent, push(agent));
        var person = new Person(server).signedIn(ALICE);

        assertThat(person.get(path).statusCode()).isEqualTo(200);
        var page = person.get(path);
        var answer = Agent.answer(person.allow(page));

        Agent.json(agent.redeem(answer.getOrDefault("code", ""), Map.of()));
        assertThat(person.get(path).statusCode()).isEqualTo(400);
        assertThat(person.allow(page).statusCode()).isEqualTo(400);
    }

    @Test
    void whatIsPushedCannotBeChangedInTheBrowser() {
        var agent = Agent.register(server, "client_secret_basic", Map.of());
        var path = path(agent, push(agent)) + "&scope=manage&redirect_uri=https://evil.example/";
        var person = new Person(server).signedIn(ALICE);

        var answer = Agent.answer(person.allow(person.get(path)));

        assertThat(Agent.json(agent.redeem(answer.getOrDefault("code", ""), Map.of())))
                .containsEntry("scope", "read");
    }

    @Test
    void aPushedRequestIsGoodForItsClientOnly() {
        var agent = Agent.register(server, "client_secret_basic", Map.of());
        var other = Agent.register(server, "client_secret_basic", Map.of());

        assertThat(new Person(server).get(path(other, push(agent))).statusCode())
                .isEqualTo(400);
        assertThat(new Person(server)
                        .get(path(agent, "urn:ietf:params:oauth:request_uri:nonsense"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(new Person(server)
                        .get(path(agent, "https://agent.example/request.jwt"))
                        .statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "redirect_uri, https://evil.example/, invalid_request",
        "code_challenge_method, plain, invalid_request",
        "response_type, token, unsupported_response_type",
        "scope, nonsense, invalid_scope",
        "resource, https://nobody.invalid/, invalid_target",
        "request_uri, urn:ietf:params:oauth:request_uri:x, invalid_request"
    })
    void whatIsWrongIsToldAtOnce(String name, String value, String error) {
        var agent = Agent.register(server, "client_secret_basic", Map.of());
        var form = new LinkedHashMap<>(agent.request());
        form.put(name, value);

        assertThat(error(agent.post("/oauth/par", form), 400)).isEqualTo(error);
    }

    @Test
    void theClientMustProveWhoItIs() {
        var agent = Agent.register(server, "client_secret_basic", Map.of());
        var reply = server.post(
                "/oauth/par",
                "client_id=" + agent.id() + "&response_type=code",
                request -> request.header("Content-Type", "application/x-www-form-urlencoded"));

        assertThat(error(reply, 401)).isEqualTo("invalid_client");
    }

    private String push(Agent agent) {
        var reply = agent.post("/oauth/par", agent.request());
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        var json = Json.readObject(reply.body());
        assertThat(json).containsEntry("expires_in", 300L);
        return Agent.text(json, "request_uri");
    }

    private static String path(Agent agent, String requestUri) {
        return "/oauth/authorize?client_id=" + agent.id() + "&request_uri="
                + URLEncoder.encode(requestUri, StandardCharsets.UTF_8);
    }
}
