package dev.behalf.authz.authorize;

import static dev.behalf.authz.Agent.error;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

    /// RFC 9126 §4: one that was answered is used up, whatever the answer.
    @ParameterizedTest
    @CsvSource({"login_required", "consent_required", "access_denied"})
    void aPushedRequestThatWasAnsweredByAnErrorIsUsedUp(String error) {
        var agent = Agent.register(server, "client_secret_basic", Map.of());
        var denied = error.equals("access_denied");
        var path = path(agent, push(agent, denied ? Map.of() : Map.of("prompt", "none")));
        var person = error.equals("login_required") ? new Person(server) : new Person(server).signedIn(ALICE);
        var page = person.get(path);

        var answer = Agent.answer(denied ? person.decide(page, "deny") : page);

        assertThat(answer).containsEntry("error", error);
        assertThat(person.get(path).statusCode()).isEqualTo(400);
    }

    @Test
    void oneNetworkPushesItsShareAndNoMore() {
        try (var strict = start("behalf.authz.authorization.push-burst", 3)) {
            var agent = Agent.register(strict, "client_secret_basic", Map.of());
            for (int i = 0; i < 3; i++) {
                push(agent);
            }

            isTooMuch(agent.post("/oauth/par", agent.request()));
            isTooMuch(agent.post("/oauth/par", Map.of())); // nor does it try clients' secrets out
            strict.clock().forward(Duration.ofMinutes(1));
            push(agent);
        }
    }

    @Test
    void aClientHasItsShareOfRequestsThatWaitAndNoMore() {
        try (var strict = start("behalf.authz.authorization.most-pushed", 2)) {
            Person.account(strict, ALICE);
            var agent = Agent.register(strict, "client_secret_basic", Map.of());
            var first = push(agent);
            push(agent);

            isTooMuch(agent.post("/oauth/par", agent.request()));
            push(Agent.register(strict, "client_secret_basic", Map.of())); // others go on
            var person = new Person(strict).signedIn(ALICE);
            var _ = Agent.answer(person.decide(person.get(path(agent, first)), "deny"));
            push(agent);
            strict.clock().forward(Duration.ofMinutes(5));
            push(agent);
            push(agent);
        }
    }

    private static RunningAuthzServer start(String setting, int value) {
        return RunningAuthzServer.start(
                TestPostgres.shared().newDatabase(), Map.of("behalf.test.clock", true, setting, value));
    }

    private static void isTooMuch(HttpResponse<String> reply) {
        assertThat(error(reply, 429)).isEqualTo("temporarily_unavailable");
        assertThat(reply.headers().firstValue("Retry-After").map(Integer::valueOf))
                .hasValueSatisfying(seconds -> assertThat(seconds).isPositive());
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
    }

    @CanIgnoreReturnValue
    private static String push(Agent agent) {
        return push(agent, Map.of());
    }

    private static String push(Agent agent, Map<String, String> more) {
        var form = new LinkedHashMap<>(agent.request());
        form.putAll(more);
        var reply = agent.post("/oauth/par", form);
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
