package dev.behalf.authz;

import static dev.behalf.authz.RunningAuthzServer.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The ways of every day, and what is wrong with a single request.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthzServerTest {

    private static final String FORM = "application/x-www-form-urlencoded";
    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of());

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aClientGetsAnAccessTokenForItsResource() throws Exception {
        var reply =
                server.token("grant_type=client_credentials&resource=urn:behalf:jwt-validator", "api-gateway", SECRET);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        var json = Json.readObject(reply.body());
        assertThat(json).containsEntry("token_type", "Bearer").containsEntry("scope", "tokens:judge");
        var jwt = SignedJWT.parse(String.valueOf(json.get("access_token")));
        var keys = JWKSet.parse(server.get("/jwks", null).body());
        assertThat(jwt.verify(new ECDSAVerifier(
                        keys.getKeyByKeyId(jwt.getHeader().getKeyID()).toECKey())))
                .isTrue();
        assertThat(jwt.getHeader().getType()).hasToString("at+jwt");
        var claims = jwt.getJWTClaimsSet();
        assertThat(claims.getIssuer()).isEqualTo("http://behalf.test");
        assertThat(claims.getAudience()).containsExactly("urn:behalf:jwt-validator");
        assertThat(claims.getSubject()).isEqualTo("api-gateway");
        var times = RunningAuthzServer.claims(jwt.serialize());
        assertThat(Long.parseLong(String.valueOf(times.get("exp"))))
                .isEqualTo(Long.parseLong(String.valueOf(times.get("iat"))) + 600);
    }

    @ParameterizedTest
    @CsvSource({"api-gateway, 200", "jwt-validator, 400", "idp-registry, 400", "operator, 400"})
    void onlyTheGatewayGetsAnythingFromTheVaultForItself(String client, int status) {
        var reply = server.token("grant_type=client_credentials&resource=urn:behalf:token-vault", client, SECRET);

        assertThat(reply.statusCode()).isEqualTo(status);
        if (status == 200) {
            assertThat(Json.readObject(reply.body())).containsEntry("scope", "connections:inject");
        }
    }

    @Test
    void theKeySetHoldsNoPrivateMember() {
        assertThat(server.get("/jwks", null).body()).contains("\"kty\":\"EC\"").doesNotContain("\"d\":");
    }

    @ParameterizedTest(name = "{1} for {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "grant_type=client_credentials | invalid_target",
                "grant_type=client_credentials&resource=urn:behalf:nobody | invalid_target",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&resource=urn:behalf:jwt-validator | invalid_target",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=identity-providers:write | invalid_scope",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=nonsense | invalid_scope",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=%20 | invalid_scope",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=++%20 | invalid_scope",
                "grant_type=client_credentials&resource=urn:behalf:idp-registry&scope=%C2%A0 | invalid_scope",
                "grant_type=password&username=a&password=b | unsupported_grant_type",
                "grant_type=authorization_code&code=x | unauthorized_client",
                "grant_type= | invalid_request",
                "scope=x | invalid_request",
                "'' | invalid_request",
                "grant_type=client_credentials&grant_type=client_credentials | invalid_request",
                "grant_type=client_credentials&resource=%zz | invalid_request",
                "grant_type=client_credentials&resource=%00 | invalid_request",
                "grant_type=client_credentials&client_id=api-gateway&client_secret=" + SECRET + " | invalid_request",
            })
    void aBadTokenRequestIsRefused(String form, String error) {
        var reply = server.token(form, "api-gateway", SECRET);

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(Json.readObject(reply.body())).containsEntry("error", error);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
    }

    @Test
    void theSecretMayStandInTheForm() {
        var reply = server.post(
                "/oauth/token",
                "grant_type=client_credentials&client_id=operator&client_secret=" + SECRET,
                request -> request.header("Content-Type", FORM));

        assertThat(reply.statusCode()).isEqualTo(200);
    }

    static Stream<String> badAuthorizations() {
        return Stream.of(
                RunningAuthzServer.basic("api-gateway", "wrong"),
                RunningAuthzServer.basic("nobody", SECRET),
                RunningAuthzServer.basic("", ""),
                "Basic !!!",
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString("no-colon".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                "Basic",
                "Bearer " + SECRET,
                RunningAuthzServer.basic("%zz", SECRET));
    }

    @ParameterizedTest
    @MethodSource("badAuthorizations")
    void aClientThatDoesNotProveItselfIsChallenged(String authorization) {
        var reply = server.post(
                "/oauth/token",
                "grant_type=client_credentials",
                request -> request.header("Content-Type", FORM).header("Authorization", authorization));

        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(Json.readObject(reply.body())).containsEntry("error", "invalid_client");
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Basic");
    }

    @Test
    void theTokenEndpointTakesFormsOnly() {
        var json = server.post("/oauth/token", "{}", request -> request.header("Content-Type", "application/json"));
        var none = server.post("/oauth/token", "grant_type=client_credentials", request -> request);
        var get = server.get("/oauth/token", null);

        assertThat(json.statusCode()).isEqualTo(400);
        assertThat(Json.readObject(json.body())).containsEntry("error", "invalid_request");
        assertThat(none.statusCode()).isEqualTo(400);
        assertThat(get.statusCode()).isEqualTo(405);
        assertThat(Json.readObject(get.body())).containsEntry("error", "this method is not allowed here");
    }

    @Test
    void aHugeFormIsRefused() {
        var reply = server.token("grant_type=" + "a".repeat(100_000), "api-gateway", SECRET);

        assertThat(reply.statusCode()).isEqualTo(413);
    }

    @Test
    void anApiKeyLivesFromItsCreationToItsRevocation() {
        var created =
                server.createKey("{\"name\":\"ci\",\"expiresInDays\":1,\"scopes\":[\"identity-providers:read\"]}");
        var key = RunningAuthzServer.object(created.get("key"));
        var token = String.valueOf(created.get("token"));

        assertThat(token).matches("bhf_[A-Za-z0-9_-]{43}").endsWith(String.valueOf(key.get("last4")));
        var internal = server.exchange(token, "urn:behalf:idp-registry");
        assertThat(internal.statusCode()).isEqualTo(200);
        var claims = RunningAuthzServer.claims(
                String.valueOf(Json.readObject(internal.body()).get("access_token")));
        assertThat(claims)
                .containsEntry("sub", "key:" + key.get("id"))
                .containsEntry("aud", "urn:behalf:idp-registry")
                .containsEntry("scope", "identity-providers:read")
                .containsEntry("act", Map.of("sub", "api-gateway"));
        var listed = server.get("/auth/api-keys", server.internalToken());
        assertThat(listed.body()).contains("\"lastUsedAt\"").doesNotContain(token.substring(4, 30));

        var rotated = server.postJson("/auth/api-keys/" + key.get("id") + "/rotate", "", server.internalToken());
        assertThat(rotated.statusCode()).isEqualTo(201);
        assertThat(server.exchange(token, "urn:behalf:idp-registry").statusCode())
                .isEqualTo(401);
        var second = String.valueOf(Json.readObject(rotated.body()).get("token"));
        assertThat(server.exchange(second, "urn:behalf:idp-registry").statusCode())
                .isEqualTo(200);

        var deleted = server.call("DELETE", "/auth/api-keys/" + key.get("id"), server.internalToken());
        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(deleted.body()).isEqualTo("{\"status\":\"deleted\"}");
        assertThat(server.exchange(second, "urn:behalf:idp-registry").statusCode())
                .isEqualTo(401);
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
        var reply = server.postJson("/auth/api-keys", body, server.internalToken());

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/problem+json");
    }

    @Test
    void aKeyCannotHaveAScopeThatItsMakerLacks() {
        var token = server.internalToken("api-keys:write");
        var reply = server.post(
                "/auth/api-keys",
                "{\"name\":\"a\",\"scopes\":[\"identity-providers:write\"]}",
                request ->
                        request.header("Content-Type", "application/json").header("Authorization", "Bearer " + token));

        assertThat(reply.statusCode()).isEqualTo(403);
    }

    @Test
    void anUnknownKeyIsNotFound() {
        assertThat(server.postJson("/auth/api-keys/none/rotate", "", server.internalToken())
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void theOperatorsOwnTokenIsGoodAtNoService() {
        var operator = Json.readObject(server.token("grant_type=client_credentials", "operator", SECRET)
                .body());

        var reply = server.get("/auth/api-keys", String.valueOf(operator.get("access_token")));

        assertThat(reply.statusCode()).isEqualTo(401);
    }

    @Test
    void onlyTheGatewayExchangesCredentials() {
        var operator = server.internalToken();
        var reply = server.post(
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
        var reply = server.exchange(credential, "urn:behalf:idp-registry");

        assertThat(reply.statusCode()).isEqualTo(401);
        // By this word the gateway tells a bad credential from its own token being refused.
        assertThat(Json.readObject(reply.body())).containsEntry("type", "urn:behalf:problem:invalid-credential");
    }

    @Test
    void aCallerWhoseOwnTokenIsNotGoodIsToldSo() {
        var reply = server.post(
                "/internal/credentials",
                "{\"credential\":\"x\",\"audience\":\"urn:behalf:idp-registry\"}",
                request -> request.header("Content-Type", "application/json").header("Authorization", "Bearer a.b.c"));

        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(Json.readObject(reply.body())).containsEntry("type", "urn:behalf:problem:invalid-token");
    }

    @Test
    void aSecondReplicaUsesTheSameKeys() {
        var keys = server.get("/jwks", null).body();
        try (var replica = RunningAuthzServer.start(database, Map.of())) {
            assertThat(replica.get("/jwks", null).body()).isEqualTo(keys);
        }
    }
}
