package dev.behalf.authz.key;

import static dev.behalf.authz.RunningAuthzServer.AUTHZ;
import static dev.behalf.authz.RunningAuthzServer.keyId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.service.Service;
import dev.behalf.testkit.TestPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The life of the signing keys, by a clock that the test moves.
class SigningKeysTest {

    private static final Map<String, Object> CLOCK = Map.of(
            "behalf.test.clock", true,
            "behalf.authz.token.ttl", "1h",
            "behalf.authz.keys.rotate-every", "30d",
            "behalf.authz.keys.publish-before", "10m",
            "behalf.authz.keys.keep-for", "1d");

    private final Map<String, String> database = TestPostgres.shared().newDatabase();

    @Test
    void aKeyIsPublishedThenSignsThenOnlyVerifiesThenIsGone() {
        try (var server = RunningAuthzServer.start(database, CLOCK)) {
            var first = server.gatewayToken();
            assertThat(published(server)).containsExactly(keyId(first));

            pass(server, Duration.ofDays(30)); // a new key is made and published; the old one still signs
            assertThat(published(server)).hasSize(2).endsWith(keyId(first));
            var second = published(server).getFirst();
            pass(server, Duration.ofMinutes(10).minusSeconds(1));
            var last = server.gatewayToken();
            assertThat(keyId(last)).isEqualTo(keyId(first));

            pass(server, Duration.ofSeconds(1)); // the new key signs; what the old one signed is good until it expires
            assertThat(keyId(server.gatewayToken())).isEqualTo(second);
            pass(server, Duration.ofHours(1).minusSeconds(2));
            assertThat(server.exchange(last, server.operatorToken(), AUTHZ).statusCode())
                    .isEqualTo(200);
            pass(server, Duration.ofSeconds(1));
            assertThat(server.exchange(last, server.operatorToken(), AUTHZ).statusCode())
                    .isEqualTo(401);

            pass(server, Duration.ofHours(23)); // still published: nobody is in doubt about what it signed
            assertThat(published(server)).containsExactly(second, keyId(first));
            pass(server, Duration.ofSeconds(1));
            assertThat(published(server)).containsExactly(second);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ES256", "RS256", "EdDSA"})
    void theKeyOfEachAlgorithmIsRotated(String algorithm) {
        try (var server = RunningAuthzServer.start(database, CLOCK)) {
            var first = published(server, algorithm);
            assertThat(first).hasSize(1);

            pass(server, Duration.ofDays(30));
            assertThat(published(server, algorithm)).hasSize(2).endsWith(first.getFirst());

            pass(server, Duration.ofDays(1).plusMinutes(10));
            assertThat(published(server, algorithm)).hasSize(1).isNotEqualTo(first);
        }
    }

    @Test
    void aKeyThatNobodyRotatedForLongSignsUntilItsSuccessorIsKnownEverywhere() {
        var first = keyIdAfterStart();
        try (var server = RunningAuthzServer.start(database, CLOCK)) {
            pass(server, Duration.ofDays(300)); // as after a long time out of service
            assertThat(published(server)).hasSize(2).endsWith(first);
            assertThat(keyId(server.gatewayToken())).isEqualTo(first);
            var token = server.gatewayToken();

            pass(server, Duration.ofMinutes(10));
            assertThat(keyId(server.gatewayToken()))
                    .isEqualTo(published(server).getFirst())
                    .isNotEqualTo(first);
            assertThat(server.exchange(token, server.operatorToken(), AUTHZ).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void replicasThatStartAtOnceAgreeOnOneFirstKey() throws Exception {
        try (var threads = Executors.newFixedThreadPool(2)) {
            var one = CompletableFuture.supplyAsync(() -> RunningAuthzServer.start(database, Map.of()), threads);
            var two = CompletableFuture.supplyAsync(() -> RunningAuthzServer.start(database, Map.of()), threads);
            try (var a = one.get();
                    var b = two.get()) {
                assertThat(published(a)).hasSize(1).isEqualTo(published(b));
                assertThat(b.exchange(a.gatewayToken(), a.operatorToken(), AUTHZ)
                                .statusCode())
                        .isEqualTo(200);
            }
        }
        assertThat(RunningAuthzServer.query(database, "SELECT alg FROM signing_key"))
                .containsExactlyInAnyOrder("ES256", "RS256", "EdDSA");
    }

    @Test
    void anEncryptionKeyThatDoesNotOpenTheKeysIsRefusedAtStartInOneLine() {
        var first = keyIdAfterStart();

        assertThatThrownBy(() -> RunningAuthzServer.start(
                        database,
                        Map.of("behalf.authz.keys.encryption-key", "another-key-encryption-key-of-this-test-0123")))
                .satisfies(failure -> assertThat(Service.reason(failure))
                        .isEqualTo("behalf.authz.keys.encryption-key does not open the signing key " + first
                                + " of the database: it was sealed with another"));
        assertThat(keyIdAfterStart()).isEqualTo(first); // it changed nothing
    }

    @Test
    void theDatabaseHoldsNoPrivateKeyInTheClear() throws Exception {
        try (var server = RunningAuthzServer.start(database, Map.of())) {
            var key = Objects.requireNonNull(
                    server.bean(SigningKeys.class).current().block());
            var secret = String.valueOf(Json.readObject(key.toPrivateJwk()).get("d"));
            try (var connection = RunningAuthzServer.open(database);
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery("SELECT sealed FROM signing_key")) {
                assertThat(rows.next()).isTrue();
                assertThat(new String(rows.getBytes(1), StandardCharsets.ISO_8859_1))
                        .doesNotContain(secret)
                        .doesNotContain("\"d\"")
                        .doesNotContain("kty");
            }
        }
    }

    private String keyIdAfterStart() {
        try (var server = RunningAuthzServer.start(database, CLOCK)) {
            return published(server).getFirst();
        }
    }

    private static void pass(RunningAuthzServer server, Duration time) {
        server.clock().forward(time);
        server.bean(SigningKeys.class).refresh().block();
    }

    /// The ids of the keys for access tokens.
    private static List<String> published(RunningAuthzServer server) {
        return published(server, "ES256");
    }

    private static List<String> published(RunningAuthzServer server, String algorithm) {
        var keys = (List<?>) Objects.requireNonNull(
                Json.readObject(server.get("/jwks", null).body()).get("keys"));
        return keys.stream()
                .map(RunningAuthzServer::object)
                .filter(key -> algorithm.equals(key.get("alg")))
                .map(key -> String.valueOf(key.get("kid")))
                .toList();
    }
}
