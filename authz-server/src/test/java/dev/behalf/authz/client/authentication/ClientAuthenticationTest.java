package dev.behalf.authz.client.authentication;

import static dev.behalf.authz.RunningAuthzServer.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// RFC 6749 §2.3 and RFC 7591 §2: a client proves itself in the one way that it registered for. A client that
/// got so far is told of its grant; one that did not is told nothing.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientAuthenticationTest {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String GRANT = "grant_type=urn:example:none";

    private final RunningAuthzServer server = RunningAuthzServer.start();

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void rfc6749_section321_aPublicClientNamesItself() {
        var id = id(register("none"));

        isKnown(post(GRANT + "&client_id=" + id, null));
        isUnknown(post(GRANT + "&client_id=" + id + "x", null));
        isUnknown(post(GRANT, null));
    }

    @Test
    void aPublicClientThatShowsAProofIsRefused() {
        var id = id(register("none"));

        isUnknown(post(GRANT + "&client_id=" + id + "&client_secret=x", null));
        isUnknown(post(GRANT, RunningAuthzServer.basic(id, "")));
        isUnknown(post(GRANT, RunningAuthzServer.basic(id, "x")));
        isUnknown(post(GRANT + "&client_id=" + id, "Bearer x"));
        isUnknown(post(GRANT + "&client_id=" + id + "&client_assertion=x", null));
    }

    @Test
    void aConfidentialClientCannotDoWithoutItsSecret() {
        var id = id(register("client_secret_basic"));

        isUnknown(post(GRANT + "&client_id=" + id, null));
        isUnknown(post(GRANT + "&client_id=" + id + "&client_secret=", null));
        isUnknown(post(GRANT + "&client_id=operator", null));
        isUnknown(post(GRANT + "&client_id=operator&client_secret=x", null));
    }

    @Test
    void section231_aSecretIsTakenFromTheHeaderAndFromTheForm() {
        for (var method : List.of("client_secret_basic", "client_secret_post")) {
            var client = register(method);
            var secret = String.valueOf(client.get("client_secret"));

            isKnown(post(GRANT, RunningAuthzServer.basic(id(client), secret)));
            isKnown(post(GRANT + "&client_id=" + id(client) + "&client_secret=" + secret, null));
            isUnknown(post(GRANT, RunningAuthzServer.basic(id(client), secret + "x")));
            isUnknown(post(GRANT, RunningAuthzServer.basic("operator", secret)));
            isUnknown(post(GRANT, RunningAuthzServer.basic(id(client), SECRET)));
        }
    }

    @Test
    void section23_twoWaysAtOnceAreRefused() {
        var client = register("client_secret_basic");
        var secret = String.valueOf(client.get("client_secret"));
        var reply = post(
                GRANT + "&client_id=" + id(client) + "&client_secret=" + secret,
                RunningAuthzServer.basic(id(client), secret));

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(reply.body()).contains("invalid_request").doesNotContain(secret);
    }

    @Test
    void whoFailsTooOftenIsNotHeardForAWhileButOthersAre() {
        var client = register("client_secret_basic");
        var wrong = RunningAuthzServer.basic(id(client), "wrong");
        var right = RunningAuthzServer.basic(id(client), String.valueOf(client.get("client_secret")));
        for (int i = 0; i < 20; i++) {
            isUnknown(from("203.0.113.9", wrong));
        }
        var shut = from("203.0.113.9", wrong);
        assertThat(shut.statusCode()).isEqualTo(429);
        assertThat(Long.parseLong(shut.headers().firstValue("Retry-After").orElse("0")))
                .isBetween(1L, 6L);
        assertThat(from("203.0.113.9", right).statusCode()).isEqualTo(429);

        isKnown(from("203.0.113.10", right));
        isKnown(from("203.0.113.9", RunningAuthzServer.basic("operator", SECRET)));
    }

    private HttpResponse<String> from(String address, String authorization) {
        return server.post(
                "/oauth/token",
                GRANT,
                request -> request.header("Content-Type", FORM)
                        .header("Authorization", authorization)
                        .header("X-Forwarded-For", address));
    }

    private Map<String, @Nullable Object> register(String authMethod) {
        var reply = server.post(
                "/oauth/register",
                Json.text(Map.of(
                        "redirect_uris", List.of("https://agent.example/"), "token_endpoint_auth_method", authMethod)),
                request -> request.header("Content-Type", "application/json"));
        assertThat(reply.statusCode()).isEqualTo(201);
        return Json.readObject(reply.body());
    }

    private HttpResponse<String> post(String form, @Nullable String authorization) {
        return server.post(
                "/oauth/token",
                form,
                request -> authorization == null
                        ? request.header("Content-Type", FORM)
                        : request.header("Content-Type", FORM).header("Authorization", authorization));
    }

    private static String id(Map<String, @Nullable Object> client) {
        return String.valueOf(client.get("client_id"));
    }

    private static void isKnown(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(Json.readObject(reply.body())).containsEntry("error", "unsupported_grant_type");
    }

    private static void isUnknown(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(Json.readObject(reply.body()))
                .isEqualTo(Map.of("error", "invalid_client", "error_description", "client authentication failed"));
    }
}
