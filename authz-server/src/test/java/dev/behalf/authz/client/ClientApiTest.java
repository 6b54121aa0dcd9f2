package dev.behalf.authz.client;

import static dev.behalf.authz.RunningAuthzServer.isProblem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `/api/v1/clients`: what operators do with clients.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientApiTest {

    private static final String PATH = "/api/v1/clients";
    private static final String MACHINE =
            "{\"grant_types\":[\"client_credentials\"],\"client_name\":\"Reports\",\"resources\":%s}";

    private final ClientHost host = new ClientHost();
    private final RunningAuthzServer server = RunningAuthzServer.start(
            TestPostgres.shared().newDatabase(),
            Map.of("behalf.test.ends", true, "behalf.outbound.allow", host.authority()));
    private final String token = server.internalToken();

    @AfterAll
    void stop() {
        server.close();
        host.close();
    }

    @Test
    void aMachineGetsWhatTheOperatorGaveItAndNothingElse() {
        var made = made(MACHINE.formatted("{\"https://api.example\":[\"reports:read\",\"reports:write\"]}"));
        var id = id(made);
        var secret = String.valueOf(made.get("client_secret"));

        assertThat(made)
                .containsEntry("origin", "operator")
                .containsEntry("enabled", true)
                .containsEntry("resources", Map.of("https://api.example", "reports:read reports:write"));
        var issued = server.token("grant_type=client_credentials&scope=reports:read", id, secret);
        assertThat(RunningAuthzServer.claims(RunningAuthzServer.accessToken(issued)))
                .containsEntry("aud", "https://api.example")
                .containsEntry("scope", "reports:read")
                .containsEntry("sub", id);
        assertThat(server.token("grant_type=client_credentials&resource=urn:behalf:management", id, secret)
                        .statusCode())
                .isEqualTo(400);
        assertThat(server.get(PATH + "/" + id, token).body()).doesNotContain("\"client_secret\"", secret);
    }

    @Test
    void nobodyMakesAClientThatCanDoMoreThanTheyCan() {
        var weak = server.internalToken("clients:write");

        isProblem(post(weak, "", MACHINE.formatted("{\"urn:behalf:management\":\"api-keys:write\"}")), 403);
        isProblem(post(token, "", MACHINE.formatted("{\"urn:behalf:management\":\"credentials:exchange\"}")), 403);
        isProblem(post(token, "", MACHINE.formatted("{\"urn:behalf:authz-server\":\"credentials:exchange\"}")), 400);
        isProblem(post(token, "", MACHINE.formatted("{\"URN:BEHALF:jwt-validator\":\"tokens:judge\"}")), 400);

        var strong = made(MACHINE.formatted("{\"urn:behalf:management\":\"api-keys:write\"}"));
        isProblem(post(weak, "/" + id(strong) + "/secret", ""), 403);
        isProblem(put(weak, id(strong), MACHINE.formatted("{}")), 403);
        assertThat(post(token, "/" + id(strong) + "/secret", "").statusCode()).isEqualTo(200);
    }

    /// How its ID tokens are signed then is in `OpenIdTest`.
    @Test
    void anOperatorSaysHowAClientsIdTokensAreSigned() {
        var app = "{\"redirect_uris\":[\"https://a.example/\"],\"id_token_signed_response_alg\":\"%s\"}";
        var made = made(app.formatted("RS256"));
        assertThat(made).containsEntry("id_token_signed_response_alg", "RS256");

        assertThat(put(token, id(made), app.formatted("EdDSA")).statusCode()).isEqualTo(200);
        assertThat(Json.readObject(server.get(PATH + "/" + id(made), token).body()))
                .containsEntry("id_token_signed_response_alg", "EdDSA");
        isProblem(put(token, id(made), app.formatted("none")), 400);
    }

    @Test
    void aRotatedSecretIsDeadAtOnce() {
        var made = made(MACHINE.formatted("{\"https://api.example\":\"read\"}"));
        var old = String.valueOf(made.get("client_secret"));
        var rotated =
                Json.readObject(post(token, "/" + id(made) + "/secret", "").body());
        var fresh = String.valueOf(rotated.get("client_secret"));

        assertThat(server.token("grant_type=client_credentials", id(made), old).statusCode())
                .isEqualTo(401);
        assertThat(server.token("grant_type=client_credentials", id(made), fresh)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aDisabledClientIsRefusedAtOnceAndWhatItWasGivenEnds() {
        var made = made(MACHINE.formatted("{\"https://api.example\":\"read\"}"));
        var secret = String.valueOf(made.get("client_secret"));
        var ends = server.bean(RecordedEnds.class).all;

        assertThat(Json.readObject(post(token, "/" + id(made) + "/disable", "").body()))
                .containsEntry("enabled", false);
        assertThat(server.token("grant_type=client_credentials", id(made), secret)
                        .statusCode())
                .isEqualTo(401);
        assertThat(ends).contains(id(made) + " disabled");
        assertThat(post(token, "/" + id(made) + "/enable", "").statusCode()).isEqualTo(200);
        assertThat(server.token("grant_type=client_credentials", id(made), secret)
                        .statusCode())
                .isEqualTo(200);

        assertThat(server.call("DELETE", PATH + "/" + id(made), token).statusCode())
                .isEqualTo(204);
        assertThat(ends).contains(id(made) + " deleted");
        assertThat(server.token("grant_type=client_credentials", id(made), secret)
                        .statusCode())
                .isEqualTo(401);
        isProblem(server.call("DELETE", PATH + "/" + id(made), token), 404);
    }

    @Test
    void aClientIsReplacedAsAWhole() {
        var made = made(
                "{\"client_id\":\"my-app\",\"redirect_uris\":[\"https://app.example/a\"],\"client_name\":\"App\"}");
        var replaced = put(
                token,
                "my-app",
                "{\"redirect_uris\":[\"https://app.example/b\"],\"token_endpoint_auth_method\":\"none\"}");

        assertThat(made).containsEntry("client_id", "my-app").containsKey("client_secret");
        assertThat(Json.readObject(replaced.body()))
                .containsEntry("redirect_uris", List.of("https://app.example/b"))
                .doesNotContainKeys("client_name", "client_secret");
        isProblem(post(token, "/my-app/secret", ""), 409);
        isProblem(put(token, "my-app", "{\"redirect_uris\":[\"/x\"]}"), 400);
        isProblem(put(token, "no-such", "{\"redirect_uris\":[\"https://app.example/b\"]}"), 404);
        isProblem(post(token, "", "{\"client_id\":\"my-app\",\"redirect_uris\":[\"https://app.example/b\"]}"), 409);
    }

    @Test
    void whatTheSettingsNameIsShownAndNotChanged() {
        assertThat(Json.readObject(server.get(PATH + "/operator", token).body()))
                .containsEntry("origin", "built_in")
                .containsEntry("configured", true);
        isProblem(put(token, "operator", MACHINE.formatted("{}")), 409);
        isProblem(post(token, "/operator/disable", ""), 409);
        isProblem(post(token, "/operator/secret", ""), 409);
        isProblem(server.call("DELETE", PATH + "/operator", token), 409);
        isProblem(post(token, "", "{\"client_id\":\"operator\",\"redirect_uris\":[\"https://app.example/b\"]}"), 409);
    }

    @Test
    void aClientThatRegisteredItselfCanBeDisabledButNotChanged() {
        var reply = server.post(
                "/oauth/register",
                "{\"redirect_uris\":[\"https://agent.example/\"],\"token_endpoint_auth_method\":\"none\"}",
                request -> request.header("Content-Type", "application/json"));
        var client = Json.readObject(reply.body());

        isProblem(put(token, id(client), "{\"redirect_uris\":[\"https://evil.example/\"]}"), 409);
        assertThat(post(token, "/" + id(client) + "/disable", "").statusCode()).isEqualTo(200);
        assertThat(server.get("/oauth/register/" + id(client), String.valueOf(client.get("registration_access_token")))
                        .statusCode())
                .isEqualTo(401);
        assertThat(ask(id(client)).statusCode()).isEqualTo(401);
    }

    @Test
    void aClientWithAMetadataDocumentCanBeDisabledBeforeItIsSeen() {
        var url = host.url("/client.json");
        host.publish(
                "/client.json",
                ClientHost.Page.json("{\"client_id\":\"" + url + "\",\"redirect_uris\":[\"https://agent.example/\"]}"));
        var path = "/" + java.net.URLEncoder.encode(url, java.nio.charset.StandardCharsets.UTF_8);
        assertThat(ask(url).statusCode()).isEqualTo(400);

        assertThat(Json.readObject(post(token, path + "/disable", "").body()))
                .containsEntry("client_id", url)
                .containsEntry("origin", "metadata_document")
                .containsEntry("enabled", false);
        assertThat(ask(url).statusCode()).isEqualTo(401);
        assertThat(post(token, path + "/enable", "").statusCode()).isEqualTo(200);
        assertThat(ask(url).statusCode()).isEqualTo(400);
        isProblem(post(token, "/https%3A%2F%2Fagent.example%2F..%2Fx/disable", ""), 404);
    }

    @Test
    void theListComesInPagesInTheOrderOfIds() {
        for (int i = 0; i < 5; i++) {
            var _ = made("{\"client_id\":\"page-" + i + "\",\"redirect_uris\":[\"https://app.example/\"]}");
        }
        var ids = new ArrayList<String>();
        @Nullable Object after = "";
        while (after != null) {
            var page = Json.readObject(
                    server.get(PATH + "?limit=3&after=" + after, token).body());
            var clients = (List<?>) java.util.Objects.requireNonNull(page.get("clients"));
            assertThat(clients).hasSizeLessThanOrEqualTo(3);
            clients.forEach(client ->
                    ids.add(String.valueOf(RunningAuthzServer.object(client).get("client_id"))));
            after = page.get("next");
        }
        assertThat(ids).isSorted().doesNotHaveDuplicates().contains("api-gateway", "operator", "page-0", "page-4");
        isProblem(server.get(PATH + "?after=%00", token), 400);
        isProblem(server.get(PATH + "/%00", token), 404);
        for (var limit : List.of("0", "-1", "501", "x", "99999999999")) {
            isProblem(server.get(PATH + "?limit=" + limit, token), 400);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"client_id\":\"a b\",\"redirect_uris\":[\"https://a.example/\"]}",
                "{\"client_id\":\"../x\",\"redirect_uris\":[\"https://a.example/\"]}",
                "{\"client_id\":\"https://a.example/x\",\"redirect_uris\":[\"https://a.example/\"]}",
                "{\"redirect_uris\":[\"http://a.example/\"]}",
                "{\"grant_types\":[\"client_credentials\"],\"token_endpoint_auth_method\":\"none\"}",
                "{\"grant_types\":[\"client_credentials\"],\"resources\":[\"x\"]}",
                "{\"grant_types\":[\"client_credentials\"],\"resources\":{\"x\":\"read\"}}",
                "{\"grant_types\":[\"client_credentials\"],\"resources\":{\"https://a.example#x\":\"read\"}}",
                "{\"grant_types\":[\"client_credentials\"],\"resources\":{\"https://a.example\":\"\"}}",
                "{\"grant_types\":[\"client_credentials\"],\"resources\":{\"https://a.example\":null}}"
            })
    void whatIsNoClientIsRefused(String body) {
        isProblem(post(token, "", body), 400);
    }

    @Test
    void eachOperationNeedsItsScope() {
        var reader = server.internalToken("clients:read");
        var writer = server.internalToken("clients:write");

        assertThat(server.get(PATH, reader).statusCode()).isEqualTo(200);
        isProblem(server.get(PATH, writer), 403);
        isProblem(server.get(PATH + "/operator", writer), 403);
        isProblem(post(reader, "", "{}"), 403);
        isProblem(put(reader, "x", "{}"), 403);
        for (var action : List.of("secret", "disable", "enable")) {
            isProblem(post(reader, "/x/" + action, ""), 403);
            isProblem(post(writer, "/x/" + action, ""), 404);
        }
        isProblem(server.call("DELETE", PATH + "/x", reader), 403);
        isProblem(server.get(PATH, null), 401);
    }

    private Map<String, @Nullable Object> made(String body) {
        var reply = post(token, "", body);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        return Json.readObject(reply.body());
    }

    private HttpResponse<String> post(String bearer, String path, String body) {
        return server.postJson(PATH + path, body, bearer);
    }

    private HttpResponse<String> put(String bearer, String id, String body) {
        return server.send(server.request(PATH + "/" + id)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + bearer)
                .PUT(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> ask(String clientId) {
        return server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_id=" + clientId,
                request -> request.header("Content-Type", "application/x-www-form-urlencoded"));
    }

    private static String id(Map<String, @Nullable Object> client) {
        return String.valueOf(client.get("client_id"));
    }
}
