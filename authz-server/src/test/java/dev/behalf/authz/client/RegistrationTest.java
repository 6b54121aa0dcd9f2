package dev.behalf.authz.client;

import static dev.behalf.authz.RunningAuthzServer.ISSUER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 7591: what may register, and what comes of it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistrationTest {

    static final String CALLBACK = "https://agent.example/callback";

    private final RunningAuthzServer server = RunningAuthzServer.start(
            TestPostgres.shared().newDatabase(), Map.of("behalf.authz.registration.burst", 1_000));

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void section2_defaultsAreThoseOfTheSpecification() {
        var client = registered(Map.of("redirect_uris", List.of(CALLBACK)));

        assertThat(client)
                .containsEntry("token_endpoint_auth_method", "client_secret_basic")
                .containsEntry("grant_types", List.of("authorization_code"))
                .containsEntry("response_types", List.of("code"))
                .containsEntry("redirect_uris", List.of(CALLBACK))
                .containsEntry("application_type", "web")
                .containsEntry("client_secret_expires_at", 0L)
                .containsKeys("client_id", "client_id_issued_at", "client_secret", "registration_access_token");
        assertThat(client.get("registration_client_uri"))
                .isEqualTo(ISSUER + "/oauth/register/" + client.get("client_id"));
    }

    @Test
    void spec04_nonePublicClientsGetNoSecretAndAreHonoured() {
        var client = registered(Map.of(
                "redirect_uris",
                List.of("http://localhost:3334/oauth/callback"),
                "client_name",
                "Agent Runtimes Client",
                "grant_types",
                List.of("authorization_code", "refresh_token"),
                "response_types",
                List.of("code"),
                "token_endpoint_auth_method",
                "none",
                "scope",
                "read subscribe something-else"));

        assertThat(client)
                .containsEntry("token_endpoint_auth_method", "none")
                .containsEntry("grant_types", List.of("authorization_code", "refresh_token"))
                .containsEntry("scope", "read subscribe something-else")
                .containsEntry("application_type", "native")
                .doesNotContainKeys("client_secret", "client_secret_expires_at");
    }

    @Test
    void section2_unknownMembersAreIgnored() {
        var client = registered(Map.of(
                "redirect_uris",
                List.of(CALLBACK),
                "x_vendor",
                Map.of("deep", List.of(1, 2)),
                "client_name#de",
                "Helfer",
                "dpop_bound_access_tokens",
                true,
                "software_statement",
                "a.b.c"));

        assertThat(client).doesNotContainKeys("x_vendor", "dpop_bound_access_tokens", "software_statement");
    }

    @Test
    void section2_unsupportedGrantTypesAreReplacedAndNeverWidenTheClient() {
        var client = registered(Map.of(
                "redirect_uris",
                List.of(CALLBACK),
                "grant_types",
                List.of(
                        "authorization_code",
                        "implicit",
                        "password",
                        "client_credentials",
                        "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                "response_types",
                List.of("code", "token")));

        assertThat(client)
                .containsEntry("grant_types", List.of("authorization_code"))
                .containsEntry("response_types", List.of("code"));
        var token = server.token(
                "grant_type=client_credentials",
                String.valueOf(client.get("client_id")),
                String.valueOf(client.get("client_secret")));
        assertThat(token.statusCode()).isEqualTo(400);
    }

    @Test
    void aNameIsShownWithoutWhatIsNotSeen() {
        var client = registered(Map.of(
                "redirect_uris", List.of(CALLBACK), "client_name", "  Pay\u202Elap\u0000\n\u200B \u2066Bank\u2069  "));

        assertThat(client).containsEntry("client_name", "Paylap Bank");
        assertThat(String.valueOf(registered(Map.of("redirect_uris", List.of(CALLBACK), "client_name", "n".repeat(500)))
                        .get("client_name")))
                .hasSize(100);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://agent.example/callback?tenant=1",
                "https://agent.example:8443/",
                "http://127.0.0.1/callback",
                "http://127.0.0.1:33418",
                "http://[::1]:8080/callback",
                "http://localhost:6274/oauth/callback",
                "com.example.agent:/callback",
                "cursor://anysphere.cursor-mcp/oauth/callback"
            })
    void rfc8252_section7_redirectUrisThatMayBeRegistered(String uri) {
        assertThat(registered(Map.of("redirect_uris", List.of(uri)))).containsEntry("redirect_uris", List.of(uri));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "callback",
                "/callback",
                "//agent.example/callback",
                "https:///callback",
                "https:agent.example",
                "https://agent.example/callback#fragment",
                "https://agent.example/callback#",
                "https://user@agent.example/callback",
                "https://agent.example:80@evil.example/",
                "https://*.agent.example/callback",
                "https://agent.example/*",
                "https://agent.example/a b",
                "https://agent.example\\@evil.example/",
                "https://agent.example/\u00e4",
                "https://agent.example:99999/",
                "http://agent.example/callback",
                "http://localhost.evil.example/callback",
                "http://localhost:80@evil.example/callback",
                "http://127.0.0.1.evil.example/callback",
                "http://127.0.0.2/callback",
                "http://localhost:99999/",
                "javascript:alert(1)",
                "javascript://agent.example/%0aalert(1)",
                "data:text/html,x",
                "vbscript:x",
                "file:///etc/passwd",
                "agent:/callback",
                "ftp://agent.example/"
            })
    void section5_redirectUrisThatMayNot(String uri) {
        refused("invalid_redirect_uri", Map.of("redirect_uris", List.of(uri)));
    }

    @Test
    void section2_aClientThatRedirectsNamesItsUris() {
        refused("invalid_redirect_uri", Map.of("client_name", "nowhere"));
        refused("invalid_redirect_uri", Map.of("redirect_uris", List.of()));
        refused("invalid_redirect_uri", Map.of("redirect_uris", List.of("https://a.example/" + "x".repeat(2_000))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"redirect_uris\":\"https://a.example/\"}",
                "{\"redirect_uris\":[1]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"grant_types\":[\"implicit\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"grant_types\":[\"client_credentials\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"grant_types\":[\"refresh_token\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"response_types\":[\"token\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"token_endpoint_auth_method\":\"client_secret_jwt\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"token_endpoint_auth_method\":\"private_key_jwt\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"token_endpoint_auth_method\":7}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"application_type\":\"desktop\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"client_uri\":\"javascript:alert(1)\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"logo_uri\":\"data:image/png,x\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"scope\":\"a \\\"b\\\"\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"scope\":[\"a\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"client_name\":{}}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks_uri\":\"http://a.example/jwks\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks_uri\":\"https://169.254.169.254/\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks_uri\":\"https://localhost/jwks\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks\":{\"keys\":[]}}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks\":[]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"id_token_signed_response_alg\":\"none\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"id_token_signed_response_alg\":\"HS256\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"id_token_signed_response_alg\":\"PS256\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"id_token_signed_response_alg\":[\"ES256\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"redirect_uris\":[\"https://b.example/\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"software_id\":\"\\ud800\"}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"contacts\":[\"\\u0000\"]}",
                "{\"redirect_uris\":[\"https://a.example/\"],\"jwks\":{\"keys\":[{\"kid\":\"\\ud800\"}]}}",
                "[]",
                "{",
                "''"
            })
    void section322_metadataThatAreRefused(String body) {
        isError(post(body, request -> request), 400, "invalid_client_metadata");
    }

    @Test
    void section2_keysAreThereOnceAndPublic() {
        var key = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"%s}";
        var body = "{\"redirect_uris\":[\"https://a.example/\"],\"token_endpoint_auth_method\":\"private_key_jwt\","
                + "\"jwks\":{\"keys\":[" + key + "]}%s}";

        assertThat(post(body.formatted("", ""), request -> request).statusCode())
                .isEqualTo(201);
        isError(
                post(body.formatted("", ",\"jwks_uri\":\"https://a.example/jwks\""), request -> request),
                400,
                "invalid_client_metadata");
        isError(
                post(body.formatted(",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"", ""), request -> request),
                400,
                "invalid_client_metadata");
    }

    @Test
    void oidcRegistration_section2_webClientsStayAwayFromTheUsersComputer() {
        refused(
                "invalid_redirect_uri",
                Map.of("redirect_uris", List.of("http://localhost/callback"), "application_type", "web"));
        assertThat(registered(
                        Map.of("redirect_uris", List.of("http://localhost/callback"), "application_type", "native")))
                .containsEntry("application_type", "native");
    }

    @Test
    void oidcRegistration_section2_theAlgorithmOfIdTokensIsRegistered() {
        assertThat(registered(Map.of("redirect_uris", List.of(CALLBACK), "id_token_signed_response_alg", "EdDSA")))
                .containsEntry("id_token_signed_response_alg", "EdDSA");
    }

    @Test
    void emptyAndNullMembersCountAsLeftOut() {
        var reply = post(
                "{\"redirect_uris\":[\"https://a.example/\"],\"client_uri\":\"\",\"logo_uri\":null,\"scope\":\"\"}",
                request -> request);

        assertThat(reply.statusCode()).isEqualTo(201);
        assertThat(Json.readObject(reply.body())).doesNotContainKeys("client_uri", "logo_uri", "scope");
    }

    @Test
    void moreThanTwentyRedirectUrisAndBodiesBeyond16KiBAreRefused() {
        var many = new java.util.ArrayList<String>();
        for (int i = 0; i < 21; i++) {
            many.add("https://a.example/" + i);
        }
        refused("invalid_client_metadata", Map.of("redirect_uris", many));
        many.removeLast();
        assertThat(registered(Map.of("redirect_uris", many))).containsEntry("redirect_uris", many);

        var large = "{\"redirect_uris\":[\"https://a.example/\"],\"x\":\"" + "x".repeat(16 * 1024) + "\"}";
        isError(post(large, request -> request), 413, "invalid_client_metadata");
        assertThat(post("x".repeat(2_000_000), request -> request).statusCode()).isEqualTo(413);
    }

    @Test
    void aBodyOfAnotherTypeIsRefused() {
        var reply = server.post(
                "/oauth/register", "redirect_uris=x", request -> request.header("Content-Type", "text/plain"));

        isError(reply, 400, "invalid_client_metadata");
    }

    @Test
    void browsersMayRegisterFromAnyOriginAndReadTheRefusals() {
        var preflight = server.send(server.request("/oauth/register")
                .header("Origin", "https://inspector.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));

        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .contains("*");
        assertThat(post("{}", request -> request.header("Origin", "https://inspector.example"))
                        .headers()
                        .firstValue("Access-Control-Allow-Origin"))
                .contains("*");
        assertThat(server.get("/auth/api-keys", null).headers().firstValue("Access-Control-Allow-Origin"))
                .isEmpty();
    }

    private Map<String, @Nullable Object> registered(Map<String, Object> metadata) {
        var reply = post(Json.text(metadata), request -> request);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        return Json.readObject(reply.body());
    }

    private void refused(String error, Map<String, Object> metadata) {
        isError(post(Json.text(metadata), request -> request), 400, error);
    }

    private HttpResponse<String> post(String body, UnaryOperator<HttpRequest.Builder> with) {
        return server.post(
                "/oauth/register", body, request -> with.apply(request.header("Content-Type", "application/json")));
    }

    static void isError(HttpResponse<String> reply, int status, String error) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(Json.readObject(reply.body())).containsEntry("error", error).containsKey("error_description");
    }
}
