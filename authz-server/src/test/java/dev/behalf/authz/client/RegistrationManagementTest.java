package dev.behalf.authz.client;

import static dev.behalf.authz.client.RegistrationTest.CALLBACK;
import static dev.behalf.authz.client.RegistrationTest.isError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// RFC 7592: a client manages what it registered, and nobody else does.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistrationManagementTest {

    private record Mine(String id, String token, @Nullable String secret) {}

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of());

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void section21_theClientReadsWhatIsRegistered() {
        var mine = register("none");
        var reply = call("GET", mine, mine.token, "");

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(Json.readObject(reply.body()))
                .containsEntry("client_id", mine.id)
                .containsEntry("registration_access_token", mine.token)
                .containsEntry("redirect_uris", List.of(CALLBACK))
                .containsEntry("client_name", "Agent");
    }

    @Test
    void section2_withoutItsTokenNobodyDoesAnything() {
        var mine = register("none");
        var other = register("none");
        for (var method : List.of("GET", "PUT", "DELETE")) {
            unauthorized(call(method, mine, other.token, "{}"));
            unauthorized(call(method, mine, "x", "{}"));
            unauthorized(call(method, mine, null, "{}"));
            unauthorized(call(method, new Mine("operator", "", null), mine.token, "{}"));
            unauthorized(call(method, new Mine("..%2F", "", null), mine.token, "{}"));
        }
        assertThat(call("GET", mine, mine.token, "").statusCode()).isEqualTo(200);
    }

    @Test
    void section2_aManagementTokenIsKeptAsDigestOnly() throws SQLException {
        var mine = register("client_secret_basic");
        var row = RunningAuthzServer.query(database, "SELECT c::text FROM client c WHERE id = '" + mine.id + "'");

        assertThat(row)
                .hasSize(1)
                .allSatisfy(text -> assertThat(text)
                        .doesNotContain(mine.token)
                        .doesNotContain(Objects.requireNonNull(mine.secret)));
    }

    @Test
    void spec04_aPartialUpdateKeepsWhatIsLeftOut() {
        var mine = register("none");

        assertThat(updated(mine, "{\"client_name\":\"Agent 2\"}"))
                .containsEntry("client_name", "Agent 2")
                .containsEntry("redirect_uris", List.of(CALLBACK))
                .containsEntry("token_endpoint_auth_method", "none")
                .containsEntry("client_uri", "https://agent.example")
                .containsEntry("registration_access_token", mine.token);
        assertThat(Json.readObject(call("GET", mine, mine.token, "").body())).containsEntry("client_name", "Agent 2");
    }

    @Test
    void spec04_nullDeletes() {
        var mine = register("none");

        assertThat(updated(mine, "{\"client_uri\":null}"))
                .doesNotContainKey("client_uri")
                .containsEntry("client_name", "Agent");
        isError(call("PUT", mine, mine.token, "{\"redirect_uris\":null}"), 400, "invalid_redirect_uri");
    }

    @Test
    void section22_aFullUpdateWorksToo() {
        var mine = register("client_secret_basic");
        var full = Json.readObject(call("GET", mine, mine.token, "").body());
        full.put("client_secret", mine.secret);
        full.put("redirect_uris", List.of("https://agent.example/other"));

        assertThat(updated(mine, Json.text(full)))
                .containsEntry("redirect_uris", List.of("https://agent.example/other"));
    }

    @Test
    void section22_neitherIdNorSecretAreTheClientsToChoose() {
        var mine = register("client_secret_basic");

        isError(call("PUT", mine, mine.token, "{\"client_id\":\"operator\"}"), 400, "invalid_client_metadata");
        isError(
                call("PUT", mine, mine.token, "{\"client_secret\":\"mine-to-choose\"}"),
                400,
                "invalid_client_metadata");
        isError(call("PUT", mine, mine.token, "{\"redirect_uris\":[\"/x\"]}"), 400, "invalid_redirect_uri");
        isError(call("PUT", mine, mine.token, "[]"), 400, "invalid_client_metadata");
    }

    @Test
    void aClientThatBecomesConfidentialGetsASecretAndLosesItWhenItIsNoMore() {
        var mine = register("none");

        var confidential = updated(mine, "{\"token_endpoint_auth_method\":\"client_secret_post\"}");
        assertThat(confidential).containsKey("client_secret").containsEntry("client_secret_expires_at", 0L);
        assertThat(updated(mine, "{\"client_name\":\"x\"}"))
                .doesNotContainKey("client_secret")
                .containsEntry("client_secret_expires_at", 0L);
        assertThat(updated(mine, "{\"token_endpoint_auth_method\":\"none\"}"))
                .doesNotContainKeys("client_secret", "client_secret_expires_at");
    }

    @Test
    void section23_aDeletedClientIsNoMoreAndItsTokenGoodForNothing() {
        var mine = register("none");

        var deleted = call("DELETE", mine, mine.token, "");
        assertThat(deleted.statusCode()).isEqualTo(204);
        assertThat(deleted.body()).isEmpty();
        for (var method : List.of("GET", "PUT", "DELETE")) {
            unauthorized(call(method, mine, mine.token, "{}"));
        }
    }

    private Mine register(String authMethod) {
        var reply = server.post(
                "/oauth/register",
                Json.text(Map.of(
                        "redirect_uris",
                        List.of(CALLBACK),
                        "client_name",
                        "Agent",
                        "client_uri",
                        "https://agent.example",
                        "token_endpoint_auth_method",
                        authMethod)),
                request -> request.header("Content-Type", "application/json"));
        assertThat(reply.statusCode()).isEqualTo(201);
        var json = Json.readObject(reply.body());
        var secret = json.get("client_secret");
        return new Mine(
                String.valueOf(json.get("client_id")),
                String.valueOf(json.get("registration_access_token")),
                secret == null ? null : String.valueOf(secret));
    }

    private Map<String, @Nullable Object> updated(Mine mine, String body) {
        var reply = call("PUT", mine, mine.token, body);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return Json.readObject(reply.body());
    }

    private HttpResponse<String> call(String method, Mine mine, @Nullable String token, String body) {
        var request = server.request("/oauth/register/" + mine.id)
                .header("Content-Type", "application/json")
                .method(
                        method,
                        method.equals("PUT")
                                ? HttpRequest.BodyPublishers.ofString(body)
                                : HttpRequest.BodyPublishers.noBody());
        return server.send(token == null ? request : request.header("Authorization", "Bearer " + token));
    }

    private static void unauthorized(HttpResponse<String> reply) {
        isError(reply, 401, "invalid_token");
        assertThat(reply.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).startsWith("Bearer"));
    }
}
