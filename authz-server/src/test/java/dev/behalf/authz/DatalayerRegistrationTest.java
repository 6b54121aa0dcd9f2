package dev.behalf.authz;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The identity module of Agent Runtimes: what its functions for discovery, registration and PKCE send, in
/// the same form, and what they make of the answers.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatalayerRegistrationTest {

    private static final String ALICE = "alice@example.com";
    private static final String REDIRECT = "http://localhost:3000/oauth/callback";

    private final RunningAuthzServer server = RunningAuthzServer.start();
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

    /// `discoverAuthorizationServer`: without a final slash, both names appended, the first 2xx wins.
    @ParameterizedTest
    @ValueSource(strings = {RunningAuthzServer.ISSUER, RunningAuthzServer.ISSUER + "/"})
    void discoverAuthorizationServer(String issuer) {
        assertThat(discover(issuer))
                .containsEntry("issuer", RunningAuthzServer.ISSUER)
                .containsKeys("authorization_endpoint", "token_endpoint", "revocation_endpoint");
    }

    /// `supportsDCR`: there is a `registration_endpoint`.
    @Test
    void supportsDCR() {
        assertThat(discover(RunningAuthzServer.ISSUER).get("registration_endpoint"))
                .isEqualTo(RunningAuthzServer.ISSUER + "/oauth/register");
    }

    /// `registerClient`: JSON is posted, an initial access token that nobody asked for does no harm.
    @Test
    void registerClient() {
        var reply = call(
                "POST",
                RunningAuthzServer.ISSUER + "/oauth/register",
                "an-initial-access-token",
                Json.text(defaultClient("read")));

        assertThat(reply.statusCode()).isEqualTo(201);
        assertThat(Json.readObject(reply.body()))
                .containsKeys("client_id", "registration_access_token", "registration_client_uri");
    }

    /// `ClientRegistrationError`: made of `error` and `error_description`.
    @Test
    void clientRegistrationErrorIsToldInWords() {
        var reply = call(
                "POST",
                RunningAuthzServer.ISSUER + "/oauth/register",
                null,
                Json.text(Map.of("redirect_uris", List.of("javascript:alert(1)"))));

        assertThat(error(reply, 400)).isEqualTo("invalid_redirect_uri");
        assertThat(text(Json.readObject(reply.body()), "error_description")).isNotBlank();
    }

    /// `getOrCreateDynamicClient`: its default client is taken as it is; there is no secret that could expire.
    @Test
    void getOrCreateDynamicClient() {
        assertThat(register("read manage"))
                .containsEntry("client_name", "Agent Runtimes Client")
                .containsEntry("redirect_uris", List.of(REDIRECT))
                .containsEntry("grant_types", List.of("authorization_code", "refresh_token"))
                .containsEntry("response_types", List.of("code"))
                .containsEntry("token_endpoint_auth_method", "none")
                .containsEntry("scope", "read manage")
                .doesNotContainKeys("client_secret", "client_secret_expires_at");
    }

    /// `getOrCreateDynamicClient`, when the secret has expired: those of ours never do.
    @Test
    void getOrCreateDynamicClientNeverFindsItsSecretExpired() {
        var metadata = new LinkedHashMap<>(defaultClient("read"));
        metadata.put("token_endpoint_auth_method", "client_secret_post");

        var reply = call("POST", RunningAuthzServer.ISSUER + "/oauth/register", null, Json.text(metadata));

        assertThat(Json.readObject(reply.body()))
                .containsKey("client_secret")
                .containsEntry("client_secret_expires_at", 0L);
    }

    /// `loadDynamicClient`: whoever kept the registration access token finds the registration as it was saved.
    @Test
    void loadAndSaveDynamicClient() {
        var client = register("read");

        var loaded = json(call("GET", uri(client), token(client), ""));

        assertThat(loaded).isEqualTo(client);
    }

    /// `updateClientRegistration`: a PUT of some members, without `client_id`; the others stay.
    @Test
    void updateClientRegistrationIsAPartialPutWithoutClientId() {
        var client = register("read");

        var updated = json(call("PUT", uri(client), token(client), "{\"client_name\":\"Renamed\"}"));

        var expected = new LinkedHashMap<>(client);
        expected.put("client_name", "Renamed");
        assertThat(updated).isEqualTo(expected);
        assertThat(json(call("GET", uri(client), token(client), ""))).isEqualTo(expected);
    }

    /// `updateClientRegistration`: null deletes a member.
    @Test
    void updateClientRegistrationDeletesByNull() {
        var client = register("read");

        assertThat(json(call("PUT", uri(client), token(client), "{\"scope\":null}")))
                .doesNotContainKey("scope")
                .containsEntry("client_name", "Agent Runtimes Client");
    }

    /// `updateClientRegistration`: in full, as RFC 7592 wants it, and never of another client.
    @Test
    void updateClientRegistrationWorksInFullAndForNoOtherClient() {
        var client = register("read");
        var other = register("read");

        assertThat(json(call("PUT", uri(client), token(client), Json.text(client))))
                .isEqualTo(client);
        assertThat(error(call("PUT", uri(client), token(client), Json.text(other)), 400))
                .isEqualTo("invalid_client_metadata");
        assertThat(error(call("PUT", uri(client), token(other), "{}"), 401)).isEqualTo("invalid_token");
    }

    /// `deleteClientRegistration`: 204, and then the client is no more.
    @Test
    void deleteClientRegistration() {
        var client = register("read");

        assertThat(call("DELETE", uri(client), token(client), "").statusCode()).isEqualTo(204);

        assertThat(error(call("GET", uri(client), token(client), ""), 401)).isEqualTo("invalid_token");
        assertThat(alice.get(authorizePath(client, "c".repeat(43))).statusCode())
                .isEqualTo(400);
    }

    /// `getAllDynamicClients`: the registrations of all browsers are the operator's to see, without any token.
    @Test
    void getAllDynamicClientsIsTheOperators() {
        var client = register("read");
        var path = "/api/v1/clients/" + text(client, "client_id");

        var seen = server.get(path, server.internalToken());

        assertThat(json(seen)).containsEntry("client_name", "Agent Runtimes Client");
        assertThat(seen.body()).doesNotContain(token(client));
        assertThat(server.get(path, token(client)).statusCode()).isEqualTo(401);
    }

    /// `removeDynamicClient`, `clearAllDynamicClients`: what a browser forgot the operator deletes (and unused
    /// ones go by themselves).
    @Test
    void removeDynamicClientIsTheOperatorsToo() {
        var client = register("read");
        var path = "/api/v1/clients/" + text(client, "client_id");

        assertThat(server.call("DELETE", path, server.internalToken()).statusCode())
                .isEqualTo(204);

        assertThat(error(call("GET", uri(client), token(client), ""), 401)).isEqualTo("invalid_token");
    }

    /// `dynamicClientToProviderConfig`: what it makes of metadata and registration links a user, with its
    /// `startAuthorization`, `completeAuthorization`, `refreshToken` and `disconnect`.
    @Test
    void dynamicClientToProviderConfigLinksAUser() throws Exception {
        var metadata = discover(RunningAuthzServer.ISSUER);
        var client = register("read");
        assertThat(URI.create(text(metadata, "issuer")).getHost()).isEqualTo("behalf.test"); // the displayName
        var verifier = verifier(64);

        var answer = Agent.answer(alice.allow(alice.get(authorizePath(client, challenge(verifier)))));
        assertThat(answer).containsEntry("state", "s".repeat(43));
        var tokens = json(form(
                text(metadata, "token_endpoint"),
                Map.of(
                        "grant_type",
                        "authorization_code",
                        "client_id",
                        text(client, "client_id"),
                        "code",
                        answer.getOrDefault("code", ""),
                        "code_verifier",
                        verifier,
                        "redirect_uri",
                        REDIRECT)));
        assertThat(tokens).containsKeys("access_token", "token_type", "expires_in", "refresh_token", "scope");

        var fresh = json(form(
                text(metadata, "token_endpoint"),
                Map.of(
                        "grant_type", "refresh_token",
                        "client_id", text(client, "client_id"),
                        "refresh_token", text(tokens, "refresh_token"))));
        assertThat(form(
                                text(metadata, "revocation_endpoint"),
                                Map.of(
                                        "token", text(fresh, "refresh_token"),
                                        "client_id", text(client, "client_id")))
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.introspect(text(fresh, "access_token"))).isEqualTo(Map.of("active", false));
    }

    /// `generateCodeVerifier(n)`: n bytes make 58 to 171 characters, of which RFC 7636 §4.1 allows 128.
    @ParameterizedTest
    @CsvSource({"43, 58, 200", "64, 86, 200", "96, 128, 200", "97, 130, 400", "128, 171, 400"})
    void generateCodeVerifierMakesOnesThatAreGoodUpTo128Characters(int bytes, int characters, int status)
            throws Exception {
        var client = register("read");
        var verifier = verifier(bytes);
        assertThat(verifier).hasSize(characters);

        var answer = Agent.answer(alice.allow(alice.get(authorizePath(client, challenge(verifier)))));
        var reply = form(
                RunningAuthzServer.ISSUER + "/oauth/token",
                Map.of(
                        "grant_type",
                        "authorization_code",
                        "client_id",
                        text(client, "client_id"),
                        "code",
                        answer.getOrDefault("code", ""),
                        "code_verifier",
                        verifier));

        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
    }

    /// The module runs in browsers: each of its calls is allowed from any origin.
    @ParameterizedTest
    @CsvSource({
        "GET, /.well-known/oauth-authorization-server",
        "POST, /oauth/register",
        "GET, /oauth/register/x",
        "PUT, /oauth/register/x",
        "DELETE, /oauth/register/x",
        "POST, /oauth/token",
        "POST, /oauth/revoke"
    })
    void browsersMayMakeItsCallsFromAnyOrigin(String method, String path) {
        var preflight = server.send(server.request(path)
                .header("Origin", "http://localhost:3000")
                .header("Access-Control-Request-Method", method)
                .header("Access-Control-Request-Headers", "authorization, content-type")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));

        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .contains("*");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Methods"))
                .hasValueSatisfying(methods -> assertThat(methods).contains(method));
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers"))
                .hasValueSatisfying(headers -> assertThat(headers).containsIgnoringCase("authorization"));
    }

    private Map<String, @Nullable Object> discover(String issuer) {
        var base = issuer.replaceFirst("/$", "");
        for (var name : List.of("oauth-authorization-server", "openid-configuration")) {
            var reply = call("GET", base + "/.well-known/" + name, null, "");
            if (reply.statusCode() / 100 == 2) {
                return Json.readObject(reply.body());
            }
        }
        throw new AssertionError("there is no metadata");
    }

    private static Map<String, Object> defaultClient(String scope) {
        return Map.of(
                "redirect_uris",
                List.of(REDIRECT),
                "client_name",
                "Agent Runtimes Client",
                "grant_types",
                List.of("authorization_code", "refresh_token"),
                "response_types",
                List.of("code"),
                "token_endpoint_auth_method",
                "none",
                "scope",
                scope);
    }

    private Map<String, @Nullable Object> register(String scope) {
        var reply = call("POST", RunningAuthzServer.ISSUER + "/oauth/register", null, Json.text(defaultClient(scope)));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        return Json.readObject(reply.body());
    }

    private static String uri(Map<String, @Nullable Object> client) {
        return text(client, "registration_client_uri");
    }

    private static String token(Map<String, @Nullable Object> client) {
        return text(client, "registration_access_token");
    }

    private static String authorizePath(Map<String, @Nullable Object> client, String challenge) {
        return "/oauth/authorize?client_id=" + text(client, "client_id") + "&redirect_uri="
                + URLEncoder.encode(REDIRECT, StandardCharsets.UTF_8) + "&response_type=code&scope=read&state="
                + "s".repeat(43) + "&code_challenge=" + challenge + "&code_challenge_method=S256"
                + "&access_type=offline";
    }

    private static String verifier(int bytes) {
        var random = new byte[bytes];
        new java.util.Random(bytes).nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    private static String challenge(String verifier) throws Exception {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                        MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    }

    private HttpResponse<String> form(String url, Map<String, String> fields) {
        var body = String.join(
                "&",
                fields.entrySet().stream()
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                        .toList());
        return server.post(
                path(url), body, request -> request.header("Content-Type", "application/x-www-form-urlencoded"));
    }

    private HttpResponse<String> call(String method, String url, @Nullable String bearer, String body) {
        var request = server.request(path(url))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        return server.send(bearer == null ? request : request.header("Authorization", "Bearer " + bearer));
    }

    private static String path(String url) {
        assertThat(Objects.requireNonNull(url)).startsWith(RunningAuthzServer.ISSUER + "/");
        return url.substring(RunningAuthzServer.ISSUER.length());
    }
}
