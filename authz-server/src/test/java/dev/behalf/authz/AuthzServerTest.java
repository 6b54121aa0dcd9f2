package dev.behalf.authz;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.RealPostgres;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthzServerTest implements RealPostgres {

    private static final String SECRET = "a-client-secret-that-is-long-enough-for-all";
    private static final String FORM = "application/x-www-form-urlencoded";
    private final HttpClient http = HttpClient.newHttpClient();
    private ApplicationContext context = ApplicationContext.builder().build();
    private String base = "";

    @BeforeAll
    void start() {
        var settings = new HashMap<String, Object>(getProperties());
        for (var client : List.of("operator", "api-gateway", "jwt-validator", "idp-registry")) {
            settings.put("behalf.authz.clients." + client + ".secret", SECRET);
        }
        settings.put("behalf.authz.keys.encryption-key", "a-key-encryption-key-of-this-test-0123456789");
        settings.put("behalf.oauth.issuer", "http://behalf.test");
        settings.put("behalf.oauth.server", "http://127.0.0.1:1");
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        context = AuthzServer.start(settings);
        base = context.getBean(EmbeddedServer.class).getURL().toString();
    }

    @AfterAll
    void stop() {
        context.close();
    }

    @Test
    void aClientGetsAnAccessTokenForItsResource() throws Exception {
        var reply = token("grant_type=client_credentials&resource=urn:behalf:jwt-validator", "api-gateway", SECRET);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        var json = Json.readObject(reply.body());
        assertThat(json).containsEntry("token_type", "Bearer").containsEntry("scope", "tokens:judge");
        var jwt = SignedJWT.parse(String.valueOf(json.get("access_token")));
        var keys = JWKSet.parse(get("/jwks", null).body());
        assertThat(jwt.verify(new ECDSAVerifier(
                        keys.getKeyByKeyId(jwt.getHeader().getKeyID()).toECKey())))
                .isTrue();
        assertThat(jwt.getHeader().getType()).hasToString("at+jwt");
        var claims = jwt.getJWTClaimsSet();
        assertThat(claims.getIssuer()).isEqualTo("http://behalf.test");
        assertThat(claims.getAudience()).containsExactly("urn:behalf:jwt-validator");
        assertThat(claims.getSubject()).isEqualTo("api-gateway");
        var times = claims(jwt.serialize());
        assertThat(Long.parseLong(String.valueOf(times.get("exp"))))
                .isEqualTo(Long.parseLong(String.valueOf(times.get("iat"))) + 600);
    }

    @Test
    void theKeySetHoldsNoPrivateMember() {
        assertThat(get("/jwks", null).body()).contains("\"kty\":\"EC\"").doesNotContain("\"d\":");
    }

    @ParameterizedTest(name = "{1} for {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "grant_type=client_credentials | invalid_target",
                "grant_type=client_credentials&resource=urn:behalf:nobody | invalid_target",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&resource=urn:behalf:jwt-validator | invalid_request",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=identity-providers:write | invalid_scope",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=nonsense | invalid_scope",
                "grant_type=password&username=a&password=b | unsupported_grant_type",
                "grant_type=authorization_code&code=x | unsupported_grant_type",
                "grant_type= | invalid_request",
                "scope=x | invalid_request",
                "grant_type=client_credentials&grant_type=client_credentials | invalid_request",
                "grant_type=client_credentials&resource=%zz | invalid_request",
                "grant_type=client_credentials&resource=%00 | invalid_request",
                "grant_type=client_credentials&client_id=api-gateway&client_secret=" + SECRET + " | invalid_request",
            })
    void aBadTokenRequestIsRefused(String form, String error) {
        var reply = token(form, "api-gateway", SECRET);

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(Json.readObject(reply.body())).containsEntry("error", error);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
    }

    @Test
    void theSecretMayStandInTheForm() {
        var reply = post(
                "/oauth/token",
                "grant_type=client_credentials&client_id=operator&client_secret=" + SECRET,
                request -> request.header("Content-Type", FORM));

        assertThat(reply.statusCode()).isEqualTo(200);
    }

    static Stream<String> badAuthorizations() {
        return Stream.of(
                basic("api-gateway", "wrong"),
                basic("nobody", SECRET),
                basic("", ""),
                "Basic !!!",
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString("no-colon".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                "Basic",
                "Bearer " + SECRET,
                basic("%zz", SECRET));
    }

    @ParameterizedTest
    @MethodSource("badAuthorizations")
    void aClientThatDoesNotProveItselfIsChallenged(String authorization) {
        var reply = post(
                "/oauth/token",
                "grant_type=client_credentials",
                request -> request.header("Content-Type", FORM).header("Authorization", authorization));

        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(Json.readObject(reply.body())).containsEntry("error", "invalid_client");
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Basic");
    }

    @Test
    void theTokenEndpointTakesFormsOnly() {
        var json = post("/oauth/token", "{}", request -> request.header("Content-Type", "application/json"));
        var none = post("/oauth/token", "grant_type=client_credentials", request -> request);
        var get = get("/oauth/token", null);

        assertThat(json.statusCode()).isEqualTo(400);
        assertThat(Json.readObject(json.body())).containsEntry("error", "invalid_request");
        assertThat(none.statusCode()).isEqualTo(400);
        assertThat(get.statusCode()).isEqualTo(405);
        assertThat(Json.readObject(get.body())).containsEntry("error", "this method is not allowed here");
    }

    @Test
    void aHugeFormIsRefused() {
        var reply = token("grant_type=" + "a".repeat(100_000), "api-gateway", SECRET);

        assertThat(reply.statusCode()).isEqualTo(413);
    }

    @Test
    void theMetadataNamesWhatWorks() {
        var json = Json.readObject(
                get("/.well-known/oauth-authorization-server", null).body());

        assertThat(json)
                .containsEntry("issuer", "http://behalf.test")
                .containsEntry("token_endpoint", "http://behalf.test/oauth/token")
                .containsEntry("jwks_uri", "http://behalf.test/jwks")
                .containsEntry("grant_types_supported", List.of("client_credentials"))
                .containsEntry(
                        "token_endpoint_auth_methods_supported", List.of("client_secret_basic", "client_secret_post"));
    }

    @Test
    void anApiKeyLivesFromItsCreationToItsRevocation() {
        var created = createKey("{\"name\":\"ci\",\"expiresInDays\":1,\"scopes\":[\"identity-providers:read\"]}");
        var key = object(created.get("key"));
        var token = String.valueOf(created.get("token"));

        assertThat(token).matches("bhf_[A-Za-z0-9_-]{43}").endsWith(String.valueOf(key.get("last4")));
        var internal = exchange(token, "urn:behalf:idp-registry");
        assertThat(internal.statusCode()).isEqualTo(200);
        var claims = claims(String.valueOf(Json.readObject(internal.body()).get("access_token")));
        assertThat(claims)
                .containsEntry("sub", "key:" + key.get("id"))
                .containsEntry("aud", "urn:behalf:idp-registry")
                .containsEntry("scope", "identity-providers:read")
                .containsEntry("act", Map.of("sub", "api-gateway"));
        var listed = get("/auth/api-keys", internalOperator("urn:behalf:authz-server"));
        assertThat(listed.body()).contains("\"lastUsedAt\"").doesNotContain(token.substring(4, 30));

        var rotated = post("/auth/api-keys/" + key.get("id") + "/rotate", "", authorized());
        assertThat(rotated.statusCode()).isEqualTo(201);
        assertThat(exchange(token, "urn:behalf:idp-registry").statusCode()).isEqualTo(401);
        var second = String.valueOf(Json.readObject(rotated.body()).get("token"));
        assertThat(exchange(second, "urn:behalf:idp-registry").statusCode()).isEqualTo(200);

        var deleted = send(authorized()
                .apply(HttpRequest.newBuilder(URI.create(base + "/auth/api-keys/" + key.get("id"))))
                .DELETE());
        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(deleted.body()).isEqualTo("{\"status\":\"deleted\"}");
        assertThat(exchange(second, "urn:behalf:idp-registry").statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{\"name\":1}",
                "{\"name\":\"\"}",
                "{\"name\":\"a\",\"name\":\"b\"}",
                "{\"name\":\"a\",\"expiresInDays\":0}",
                "{\"name\":\"a\",\"expiresInDays\":1.5}",
                "{\"name\":\"a\",\"expiresInDays\":99999999999999999999}",
                "{\"name\":\"a\",\"scopes\":[]}",
                "{\"name\":\"a\",\"scopes\":[\"credentials:exchange\"]}",
                "{\"name\":\"a\",\"scopes\":\"identity-providers:read\"}",
                "{\"name\":\"a\\u0000\"}",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
            })
    void aBadKeyRequestIsRefused(String body) {
        var reply = post("/auth/api-keys", body, authorized());

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/problem+json");
    }

    @Test
    void aKeyCannotHaveAScopeThatItsMakerLacks() {
        var token = tokenFor("api-keys:write", "urn:behalf:authz-server");
        var reply = post(
                "/auth/api-keys",
                "{\"name\":\"a\",\"scopes\":[\"identity-providers:write\"]}",
                request ->
                        request.header("Content-Type", "application/json").header("Authorization", "Bearer " + token));

        assertThat(reply.statusCode()).isEqualTo(403);
    }

    @Test
    void anUnknownKeyIsNotFound() {
        assertThat(post("/auth/api-keys/none/rotate", "", authorized()).statusCode())
                .isEqualTo(404);
    }

    @Test
    void theOperatorsOwnTokenIsGoodAtNoService() {
        var operator = Json.readObject(
                token("grant_type=client_credentials", "operator", SECRET).body());

        var reply = get("/auth/api-keys", String.valueOf(operator.get("access_token")));

        assertThat(reply.statusCode()).isEqualTo(401);
    }

    @Test
    void onlyTheGatewayExchangesCredentials() {
        var operator = internalOperator("urn:behalf:authz-server");
        var reply = post(
                "/internal/credentials",
                "{\"credential\":\"x\",\"audience\":\"urn:behalf:idp-registry\"}",
                request -> request.header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + operator));

        assertThat(reply.statusCode()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "bhf_short",
                "a.b.c",
                "ra_live_abc",
                "bhf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void aCredentialThatIsNotGoodIsRefused(String credential) {
        var reply = exchange(credential, "urn:behalf:idp-registry");

        assertThat(reply.statusCode()).isEqualTo(401);
        // By this word the gateway tells a bad credential from its own token being refused.
        assertThat(Json.readObject(reply.body())).containsEntry("type", "urn:behalf:problem:invalid-credential");
    }

    @Test
    void aCallerWhoseOwnTokenIsNotGoodIsToldSo() {
        var reply = post(
                "/internal/credentials",
                "{\"credential\":\"x\",\"audience\":\"urn:behalf:idp-registry\"}",
                request -> request.header("Content-Type", "application/json").header("Authorization", "Bearer a.b.c"));

        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(Json.readObject(reply.body())).containsEntry("type", "urn:behalf:problem:invalid-token");
    }

    @Test
    void aSecondReplicaUsesTheSameKeys() {
        var keys = get("/jwks", null).body();
        var settings = new HashMap<String, Object>();
        for (var name : List.of("host", "port", "name", "user", "password")) {
            settings.put(
                    "behalf.database." + name, context.getRequiredProperty("behalf.database." + name, String.class));
        }
        settings.put("behalf.authz.keys.encryption-key", "a-key-encryption-key-of-this-test-0123456789");
        settings.put("behalf.oauth.issuer", "http://behalf.test");
        settings.put("behalf.oauth.server", "http://127.0.0.1:1");
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        try (var replica = AuthzServer.start(settings)) {
            var url = replica.getBean(EmbeddedServer.class).getURL();
            var same = await(
                    () -> send(HttpRequest.newBuilder(URI.create(url + "/jwks"))), reply -> reply.statusCode() == 200);
            assertThat(same.body()).isEqualTo(keys);
        }
    }

    private Map<String, @Nullable Object> createKey(String body) {
        var reply = post("/auth/api-keys", body, authorized());
        assertThat(reply.statusCode()).isEqualTo(201);
        return Json.readObject(reply.body());
    }

    private HttpResponse<String> exchange(String credential, String audience) {
        var gateway = String.valueOf(Json.readObject(
                        token("grant_type=client_credentials&resource=urn:behalf:authz-server", "api-gateway", SECRET)
                                .body())
                .get("access_token"));
        return post(
                "/internal/credentials",
                Json.text(Map.of("credential", credential, "audience", audience)),
                request -> request.header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + gateway));
    }

    private String internalOperator(String audience) {
        return tokenFor("", audience);
    }

    private String tokenFor(String scope, String audience) {
        var form = "grant_type=client_credentials" + (scope.isEmpty() ? "" : "&scope=" + scope);
        var operator = Json.readObject(token(form, "operator", SECRET).body());
        var internal = exchange(String.valueOf(operator.get("access_token")), audience);
        assertThat(internal.statusCode()).isEqualTo(200);
        return String.valueOf(Json.readObject(internal.body()).get("access_token"));
    }

    private UnaryOperator<HttpRequest.Builder> authorized() {
        var token = internalOperator("urn:behalf:authz-server");
        return request -> request.header("Content-Type", "application/json").header("Authorization", "Bearer " + token);
    }

    private HttpResponse<String> token(String form, String client, String secret) {
        return post(
                "/oauth/token",
                form,
                request -> request.header("Content-Type", FORM).header("Authorization", basic(client, secret)));
    }

    private HttpResponse<String> post(String path, String body, UnaryOperator<HttpRequest.Builder> with) {
        return send(with.apply(HttpRequest.newBuilder(URI.create(base + path)))
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> get(String path, @Nullable String token) {
        var request = HttpRequest.newBuilder(URI.create(base + path));
        return send(token == null ? request : request.header("Authorization", "Bearer " + token));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T await(java.util.function.Supplier<T> what, java.util.function.Predicate<T> until) {
        T last = what.get();
        for (long end = System.nanoTime() + 20_000_000_000L; !until.test(last) && System.nanoTime() < end; ) {
            Thread.onSpinWait();
            last = what.get();
        }
        return last;
    }

    private static String basic(String id, String secret) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((id + ":" + secret).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static Map<String, @Nullable Object> claims(String jwt) {
        return Json.readObject(Base64.getUrlDecoder().decode(jwt.split("\\.")[1]));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> object(@Nullable Object value) {
        return (Map<String, @Nullable Object>) java.util.Objects.requireNonNull(value);
    }
}
