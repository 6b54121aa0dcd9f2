package dev.behalf.authz.client.authentication;

import static dev.behalf.authz.RunningAuthzServer.ISSUER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.client.ClientHost;
import dev.behalf.authz.client.ClientHost.Page;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 7523 §3: the assertion by which a client proves itself.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrivateKeyJwtTest {

    private static final SigningKey KEY = SigningKey.generate(JwsAlgorithm.ES256);
    private static final SigningKey OTHER = SigningKey.generate(JwsAlgorithm.ES256);

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final ClientHost host = new ClientHost();
    private final Map<String, Object> settings =
            Map.of("behalf.test.clock", true, "behalf.outbound.allow", host.authority());
    private final RunningAuthzServer server = RunningAuthzServer.start(database, settings);
    private final String client = register(Map.of("jwks", keys(KEY)));

    @AfterAll
    void stop() {
        server.close();
        host.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"ES256", "RS256", "EdDSA"})
    void itIsProvedByAKeyOfTheClient(JwsAlgorithm algorithm) {
        var key = SigningKey.generate(algorithm);
        var id = register(Map.of("jwks", keys(key)));

        isKnown(post(key.sign("JWT", claims(id))));
        isUnknown(post(OTHER.sign("JWT", claims(id))));
    }

    @Test
    void everyNameOfOursIsAnAudienceAndNoOther() {
        for (var audience : List.of(
                ISSUER, ISSUER + "/oauth/token", ISSUER + "/oauth/par", List.of(ISSUER, ISSUER + "/oauth/token"))) {
            isKnown(post(KEY.sign("JWT", with("aud", audience))));
        }
        for (var audience : Arrays.<@Nullable Object>asList(
                "https://other.example", ISSUER + "/", List.of(), List.of(ISSUER, "https://other.example"), 7, null)) {
            isUnknown(post(KEY.sign("JWT", with("aud", audience))));
        }
    }

    @Test
    void issuerAndSubjectAreTheClient() {
        isUnknown(post(KEY.sign("JWT", with("iss", "other"))));
        isUnknown(post(KEY.sign("JWT", with("sub", "other"))));
        isUnknown(post(KEY.sign("JWT", with("iss", null))));
        isUnknown(post(KEY.sign("JWT", with("sub", "operator"))));
        isUnknown(post("&client_id=operator", KEY.sign("JWT", claims(client))));
        isKnown(post("&client_id=" + client, KEY.sign("JWT", claims(client))));
    }

    @Test
    void timesAreWithinBounds() {
        long now = server.clock().instant().getEpochSecond();

        isKnown(post(KEY.sign("JWT", with("exp", now + 600))));
        isKnown(post(KEY.sign("JWT", with("nbf", now))));
        for (var claims : List.of(
                with("exp", now - 31),
                with("exp", now + 631),
                with("exp", Long.MAX_VALUE),
                with("exp", "soon"),
                with("exp", null),
                with("nbf", now + 31),
                with("nbf", "x"),
                with("iat", now + 31))) {
            isUnknown(post(KEY.sign("JWT", claims)));
        }
    }

    @Test
    void anAssertionIsGoodOnceOnAllReplicasTogether() {
        var assertion = KEY.sign("JWT", claims(client));
        isKnown(post(assertion));
        isUnknown(post(assertion));
        try (var replica = RunningAuthzServer.start(database, settings)) {
            isUnknown(post(replica, "", assertion));
            isKnown(post(replica, "", KEY.sign("JWT", claims(client))));
        }
        isUnknown(post(KEY.sign("JWT", with("jti", null))));
        isUnknown(post(KEY.sign("JWT", with("jti", ""))));
        isUnknown(post(KEY.sign("JWT", with("jti", "j".repeat(600)))));
    }

    @Test
    void ofManyAtOnceOneIsTaken() throws Exception {
        var assertion = KEY.sign("JWT", claims(client));
        int taken = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<CompletableFuture<HttpResponse<String>>>();
            for (int i = 0; i < 16; i++) {
                all.add(CompletableFuture.supplyAsync(() -> post(assertion), threads));
            }
            for (var one : all) {
                taken += one.get().statusCode() == 400 ? 1 : 0;
            }
        }
        assertThat(taken).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"at+jwt", "dpop+jwt", "logout+jwt", "oauth-id-jag+jwt"})
    void aJwtForAnotherPurposeIsNoAssertion(String type) {
        isUnknown(post(KEY.sign(type, claims(client))));
    }

    @Test
    void theTypeOfAnAssertionIsUnderstood() {
        isKnown(post(KEY.sign("client-authentication+jwt", claims(client))));
    }

    @Test
    void garbageIsRefused() {
        for (var assertion : List.of("x", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.")) {
            isUnknown(post(assertion));
        }
        isUnknown(server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
                        + "&client_assertion=" + KEY.sign("JWT", claims(client)),
                request -> request.header("Content-Type", "application/x-www-form-urlencoded")));
        isUnknown(server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                request -> request.header("Content-Type", "application/x-www-form-urlencoded")));
    }

    @Test
    void aClientThatRegisteredForASecretCannotUseAKeyNorTheOtherWayRound() {
        var id = register(Map.of("jwks", keys(KEY), "token_endpoint_auth_method", "client_secret_basic"));

        isUnknown(post(KEY.sign("JWT", claims(id))));
        isUnknown(server.token("grant_type=urn:example:none", client, ""));
        isUnknown(server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_id=" + client,
                request -> request.header("Content-Type", "application/x-www-form-urlencoded")));
    }

    @Test
    void keysAtAUrlAreFetchedAndAgainForAKeyThatIsNotThere() {
        var url = host.publish("/jwks", Page.json(Json.text(keys(KEY))));
        var id = register(Map.of("jwks_uri", url));
        int before = host.requests();

        isKnown(post(KEY.sign("JWT", claims(id))));
        isKnown(post(KEY.sign("JWT", claims(id))));
        assertThat(host.requests()).isEqualTo(before + 1);

        host.publish("/jwks", Page.json(Json.text(keys(OTHER))));
        isUnknown(post(OTHER.sign("JWT", claims(id)))); // cooling down
        assertThat(host.requests()).isEqualTo(before + 1);
        server.clock().forward(Duration.ofSeconds(31));
        isKnown(post(OTHER.sign("JWT", claims(id))));
        isUnknown(post(KEY.sign("JWT", claims(id))));
        assertThat(host.requests()).isEqualTo(before + 2);
    }

    @Test
    void aClientWithAMetadataDocumentIsProvedByTheKeysThatItPointsTo() {
        var keys = host.publish("/document-keys", Page.json(Json.text(keys(KEY))));
        var id = host.url("/client.json");
        host.publish(
                "/client.json",
                Page.json(Json.text(Map.of(
                        "client_id",
                        id,
                        "redirect_uris",
                        List.of("https://agent.example/"),
                        "token_endpoint_auth_method",
                        "private_key_jwt",
                        "jwks_uri",
                        keys))));

        isKnown(post(KEY.sign("JWT", claims(id))));
        isUnknown(post(OTHER.sign("JWT", claims(id))));
        isUnknown(server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_id=" + id,
                request -> request.header("Content-Type", "application/x-www-form-urlencoded")));
    }

    @Test
    void keysThatCannotBeHadProveNothing() {
        var id = register(Map.of("jwks_uri", host.url("/no-such-keys")));

        isUnknown(post(KEY.sign("JWT", claims(id))));
    }

    private String register(Map<String, Object> metadata) {
        var all = new HashMap<String, Object>(Map.of(
                "redirect_uris", List.of("https://agent.example/"), "token_endpoint_auth_method", "private_key_jwt"));
        all.putAll(metadata);
        var reply = server.post(
                "/oauth/register", Json.text(all), request -> request.header("Content-Type", "application/json"));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        return String.valueOf(Json.readObject(reply.body()).get("client_id"));
    }

    private static Map<String, Object> keys(SigningKey key) {
        return Map.of("keys", List.of(key.toPublicJwk()));
    }

    private Map<String, @Nullable Object> claims(String id) {
        var claims = new HashMap<String, @Nullable Object>();
        claims.put("iss", id);
        claims.put("sub", id);
        claims.put("aud", ISSUER);
        claims.put("jti", UUID.randomUUID().toString());
        claims.put("exp", server.clock().instant().getEpochSecond() + 60);
        return claims;
    }

    private Map<String, @Nullable Object> with(String claim, @Nullable Object value) {
        var claims = claims(client);
        if (value == null) {
            claims.remove(claim);
        } else {
            claims.put(claim, value);
        }
        return claims;
    }

    private HttpResponse<String> post(String assertion) {
        return post("", assertion);
    }

    private HttpResponse<String> post(String more, String assertion) {
        return post(server, more, assertion);
    }

    private static HttpResponse<String> post(RunningAuthzServer server, String more, String assertion) {
        return server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                        + "&client_assertion=" + assertion + more,
                request -> request.header("Content-Type", "application/x-www-form-urlencoded"));
    }

    private static void isKnown(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        assertThat(Json.readObject(reply.body())).containsEntry("error", "unsupported_grant_type");
    }

    private static void isUnknown(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(401);
        assertThat(Json.readObject(reply.body()))
                .isEqualTo(Map.of("error", "invalid_client", "error_description", "client authentication failed"));
    }
}
