package dev.behalf.authz.apikey;

import static dev.behalf.authz.RunningAuthzServer.AUTHZ;
import static dev.behalf.authz.RunningAuthzServer.REGISTRY;
import static dev.behalf.authz.RunningAuthzServer.accessToken;
import static dev.behalf.authz.RunningAuthzServer.claims;
import static dev.behalf.authz.RunningAuthzServer.isProblem;
import static dev.behalf.authz.RunningAuthzServer.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Operators' keys: how long they count, what is kept of them, and what is refused.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiKeysTest {

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of("behalf.test.clock", true));

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aKeyCountsUntilTheSecondItExpiresAndSoDoesWhatItIsExchangedFor() {
        var created = server.createKey("{\"name\":\"short\",\"expiresInDays\":1}");
        var key = text(created, "token");
        var path = "/auth/api-keys/" + object(created.get("key")).get("id");
        long end = server.clock().instant().plus(Duration.ofDays(1)).getEpochSecond();

        assertThat(lifetime(server.exchange(key, REGISTRY))).isEqualTo(60);
        server.clock().forward(Duration.ofDays(1).minusSeconds(20));
        var reply = server.exchange(key, REGISTRY);
        assertThat(lifetime(reply)).isEqualTo(20);
        assertThat(claims(accessToken(reply))).containsEntry("exp", end);
        server.clock().forward(Duration.ofSeconds(20));
        isProblem(server.exchange(key, REGISTRY), 401, key);
        isProblem(server.postJson(path + "/rotate", "", server.internalToken()), 409);
        assertThat(server.call("DELETE", path, server.internalToken()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatAnOperatorsTokenIsExchangedForNeverOutlivesIt() {
        var token = server.operatorToken();
        var end = claims(token).get("exp");

        server.clock().forward(Duration.ofMinutes(10).minusSeconds(7));
        var reply = server.exchange(token, REGISTRY);
        assertThat(lifetime(reply)).isEqualTo(7);
        assertThat(claims(accessToken(reply))).containsEntry("exp", end);
        server.clock().forward(Duration.ofSeconds(7));
        isProblem(server.exchange(token, REGISTRY), 401, token);
    }

    @Test
    void aRevokedOrRotatedKeyIsDeadAtOnce() {
        var created = server.createKey("{\"name\":\"leaked\"}");
        var path = "/auth/api-keys/" + object(created.get("key")).get("id");
        var first = text(created, "token");
        assertThat(server.exchange(first, REGISTRY).statusCode()).isEqualTo(200);

        var rotated = server.postJson(path + "/rotate", "", server.internalToken());
        assertThat(rotated.statusCode()).isEqualTo(201);
        var second = text(Json.readObject(rotated.body()), "token");
        isProblem(server.exchange(first, REGISTRY), 401, first);
        assertThat(server.exchange(second, REGISTRY).statusCode()).isEqualTo(200);

        assertThat(server.call("DELETE", path, server.internalToken()).statusCode())
                .isEqualTo(200);
        isProblem(server.exchange(second, REGISTRY), 401, second);
        isProblem(server.call("DELETE", path, server.internalToken()), 404);
        isProblem(server.postJson(path + "/rotate", "", server.internalToken()), 404);
    }

    @Test
    void aKeyIsKeptAsADigestAndShownNeverAgain() throws Exception {
        var created = server.createKey("{\"name\":\"secret\"}");
        var token = text(created, "token");
        var id = text(object(created.get("key")), "id");

        var rows = RunningAuthzServer.query(database, "SELECT to_jsonb(api_key)::text FROM api_key");
        var digests =
                RunningAuthzServer.query(database, "SELECT encode(digest, 'hex') FROM api_key WHERE id = '" + id + "'");
        var list = server.get("/auth/api-keys", server.internalToken()).body();

        assertThat(digests).containsExactly(Sha256.of(token).hex());
        assertThat(String.join("\n", rows)).contains(id).doesNotContain(token.substring(4, 39));
        assertThat(list)
                .contains(id)
                .doesNotContain(token.substring(4, 39))
                .doesNotContain(digests.getFirst())
                .doesNotContain("digest");
        var listed = ((List<?>) java.util.Objects.requireNonNull(Json.read(list)))
                .stream()
                        .map(RunningAuthzServer::object)
                        .filter(key -> id.equals(key.get("id")))
                        .findFirst()
                        .orElseThrow();
        assertThat(listed)
                .containsOnlyKeys("id", "name", "prefix", "last4", "scopes", "createdAt")
                .containsEntry("prefix", "bhf_")
                .containsEntry("last4", token.substring(token.length() - 4));
    }

    @Test
    void asManyKeysAsThereMayBeAreMadeAndNotOneMoreHoweverManyAskAtOnce() throws Exception {
        var full = TestPostgres.shared().newDatabase();
        try (var crowded = RunningAuthzServer.start(full, Map.of());
                var threads = Executors.newFixedThreadPool(16)) {
            var token = crowded.internalToken();
            fill(full, ApiKeys.MOST - 5);

            var outcomes = threads
                    .invokeAll(IntStream.range(0, 40)
                            .<Callable<Integer>>mapToObj(
                                    i -> () -> crowded.postJson("/auth/api-keys", "{\"name\":\"k" + i + "\"}", token)
                                            .statusCode())
                            .toList())
                    .stream()
                    .map(future -> future.resultNow())
                    .toList();

            assertThat(outcomes).hasSize(40).containsOnly(201, 409);
            assertThat(outcomes.stream().filter(status -> status == 201)).hasSize(5);
            assertThat(RunningAuthzServer.query(full, "SELECT id FROM api_key")).hasSize(ApiKeys.MOST);
            isProblem(crowded.postJson("/auth/api-keys", "{\"name\":\"more\"}", token), 409);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"a\",\"name\":\"a\"}",
                "{\"name\":{}}",
                "{\"name\":[\"a\"]}",
                "{\"name\":null}",
                "{\"name\":true}",
                "{\"name\":\" \\t \"}",
                "{\"name\":\"a\\nb\"}",
                "{\"name\":\"a\",\"expiresInDays\":-1}",
                "{\"name\":\"a\",\"expiresInDays\":3651}",
                "{\"name\":\"a\",\"expiresInDays\":\"1\"}",
                "{\"name\":\"a\",\"expiresInDays\":1e2}",
                "{\"name\":\"a\",\"expiresInDays\":1e999999999}",
                "{\"name\":\"a\",\"expiresInDays\":true}",
                "{\"name\":\"a\",\"scopes\":{}}",
                "{\"name\":\"a\",\"scopes\":[null]}",
                "{\"name\":\"a\",\"scopes\":[1]}",
                "{\"name\":\"a\",\"scopes\":[\"identity-providers:read\",\"tokens:judge\"]}",
                "{\"name\":\"a\",\"scopes\":[\"\"]}",
                "{\"name\":\"a\"}{\"name\":\"b\"}",
                "{\"name\":\"a\"} x",
                "{\"name\":\"a\",}",
                "\uFEFF{\"name\":\"a\"}",
                "null",
                "\"a\"",
                "12",
                "not json"
            })
    void aHostileBodyIsABadRequestAndMakesNoKey(String body) {
        var before = server.get("/auth/api-keys", server.internalToken()).body();

        isProblem(server.postJson("/auth/api-keys", body, server.internalToken()), 400);

        assertThat(server.get("/auth/api-keys", server.internalToken()).body()).isEqualTo(before);
    }

    @Test
    void aBodyThatIsTooDeepTooLongOrNoTextIsRefused() {
        var token = server.internalToken();
        isProblem(server.postJson("/auth/api-keys", "{\"name\":" + "[".repeat(10_000), token), 400);
        isProblem(server.postJson("/auth/api-keys", "{\"name\":\"" + "x".repeat(101) + "\"}", token), 400);
        isProblem(server.postJson("/auth/api-keys", "{\"name\":\"" + "x".repeat(100_000) + "\"}", token), 413);
        isProblem(
                server.send(server.request("/auth/api-keys")
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + token)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'{', (byte) 0xff, (byte) 0xfe, '}'}))),
                400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/xml",
                "multipart/form-data",
                "nonsense"
            })
    void aBodyOfAnotherTypeIsRefused(String type) {
        var token = server.internalToken();

        var reply = server.post(
                "/auth/api-keys",
                "{\"name\":\"a\"}",
                request -> request.header("Content-Type", type).header("Authorization", "Bearer " + token));

        isProblem(reply, 415);
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, /auth/api-keys",
        "DELETE, /auth/api-keys",
        "PATCH, /auth/api-keys",
        "GET, /auth/api-keys/00000000-0000-0000-0000-000000000000",
        "POST, /auth/api-keys/00000000-0000-0000-0000-000000000000",
        "GET, /auth/api-keys/00000000-0000-0000-0000-000000000000/rotate",
        "GET, /internal/credentials",
        "POST, /jwks",
        "DELETE, /.well-known/oauth-authorization-server",
        "PUT, /oauth/token"
    })
    void anotherMethodIsRefusedAndTheRightOnesAreNamed(String method, String path) {
        var reply = server.call(method, path, server.internalToken());

        isProblem(reply, 405);
        assertThat(reply.headers().firstValue("Allow")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "00000000-0000-0000-0000-000000000000",
                "00000000-0000-0000-0000-000000000000'%20OR%20'1'='1",
                "%00",
                "..%2f..%2fjwks",
                "%F0%9F%94%91"
            })
    void anIdThatNoKeyHasIsNotFound(String id) {
        var token = server.internalToken();

        assertThat(server.call("DELETE", "/auth/api-keys/" + id, token).statusCode())
                .isIn(400, 404);
        assertThat(server.postJson("/auth/api-keys/" + id + "/rotate", "", token)
                        .statusCode())
                .isIn(400, 404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"credential\":\"x\"}",
                "{\"credential\":\"x\",\"audience\":\"urn:behalf:jwt-validator\"}",
                "{\"credential\":\"x\",\"audience\":\"urn:behalf:management\"}",
                "{\"credential\":1,\"audience\":\"urn:behalf:idp-registry\"}",
                "{\"credential\":\"x\",\"credential\":\"y\",\"audience\":\"urn:behalf:idp-registry\"}",
                "[]",
                "",
                "nonsense"
            })
    void aHostileExchangeIsABadRequest(String body) {
        isProblem(server.postJson("/internal/credentials", body, server.gatewayToken()), 400);
    }

    @Test
    void aCredentialOfAnySizeOrKindIsJustNotGood() {
        for (var credential : List.of("", " ", ".", "..", "x".repeat(20_000), "\u0000", "bhf_" + "é".repeat(43))) {
            isProblem(server.exchange(credential, REGISTRY), 401);
        }
        isProblem(server.exchange("x".repeat(100_000), REGISTRY), 413);
        // The gateway's token and what it was given for a credential are no credentials.
        isProblem(server.exchange(server.gatewayToken(), REGISTRY), 401);
        isProblem(server.exchange(accessToken(server.exchange(server.operatorToken(), AUTHZ)), AUTHZ), 401);
    }

    private static void fill(Map<String, String> database, int keys) throws SQLException {
        try (var connection = RunningAuthzServer.open(database);
                var statement = connection.createStatement()) {
            int made =
                    statement.executeUpdate("INSERT INTO api_key (id, name, scopes, prefix, last4, digest, created_at)"
                            + " SELECT 'id-' || i, 'n', '', 'bhf_', '0000', sha256(i::text::bytea), now()"
                            + " FROM generate_series(1, " + keys + ") AS i");
            assertThat(made).isEqualTo(keys);
        }
    }

    private static long lifetime(HttpResponse<String> reply) {
        var claims = claims(accessToken(reply));
        var seconds = number(claims.get("exp")) - number(claims.get("iat"));
        assertThat(Json.readObject(reply.body())).containsEntry("expires_in", seconds);
        return seconds;
    }

    private static long number(@Nullable Object value) {
        return (Long) java.util.Objects.requireNonNull(value);
    }

    private static String text(Map<String, @Nullable Object> json, String name) {
        return String.valueOf(json.get(name));
    }
}
