package dev.behalf.vault.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.revocation.RevocationFeed;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.TestKafka;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RunningVault;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the authorization server publishes on a real Kafka is all that the vault hears of revocations.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RevokedCallersTest {

    private final TestKafka kafka = TestKafka.start();
    private @Nullable KafkaProducer<String, byte[]> producer;
    private @Nullable RunningVault running;

    @BeforeAll
    void start() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(RevocationFeed.TOPIC, 1, (short) 1)))
                    .all()
                    .get();
        }
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "acks", "all"),
                new StringSerializer(),
                new ByteArraySerializer());
        running = RunningVault.start(Map.of(
                "behalf.kafka.bootstrap-servers", kafka.bootstrapServers(), "behalf.revocations.poll-every", "1h"));
    }

    @AfterAll
    void stop() {
        vault().close();
        java.util.Objects.requireNonNull(producer).close();
        kafka.close();
    }

    @ParameterizedTest
    @CsvSource({"grant, gid", "token, jti", "client, client_id"})
    void whoseTokenIsRevokedIsNotLetInFromThenOnAndOthersAre(String kind, String claim) {
        var id = UUID.randomUUID().toString();
        var token = tokenOf(Map.of(claim, id));
        assertThat(status(token)).isEqualTo(200);

        revoke(kind, id);

        Eventually.holds("it is refused", () -> status(token) == 401);
        var refused = vault().get("/api/v1/connections", token);
        assertThat(refused.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).contains("error=\"invalid_token\""));
        assertThat(status(tokenOf(Map.of(claim, id + "-other")))).isEqualTo(200);
    }

    @Test
    void aTokenThatAClientGetsAfterItsRevocationIsGood() {
        var client = UUID.randomUUID().toString();
        revoke("client", client);
        var before = tokenOf(Map.of("client_id", client));
        Eventually.holds("it is refused", () -> status(before) == 401);

        var later = Instant.now().getEpochSecond() + 2;
        assertThat(status(tokenOf(Map.of("client_id", client, "iat", later)))).isEqualTo(200);
    }

    @Test
    void whileItIsNotKnownWhatIsRevokedNobodyIsLetIn() {
        try (var blind = RunningVault.start(
                TestPostgres.shared().newDatabase(), Map.of("behalf.revocations.stale-for", "1ms"))) {
            var reply = blind.get("/api/v1/connections", tokenOf(Map.of()));

            assertThat(reply.statusCode()).isEqualTo(503);
            assertThat(reply.headers().firstValue("Retry-After")).isPresent();
        }
    }

    private RunningVault vault() {
        return java.util.Objects.requireNonNull(running);
    }

    private int status(String token) {
        return vault().get("/api/v1/connections", token).statusCode();
    }

    private static String tokenOf(Map<String, ?> changes) {
        var claims = new HashMap<String, @Nullable Object>();
        claims.put("sub", "a-person");
        claims.put("gid", UUID.randomUUID().toString());
        claims.putAll(changes);
        return "Bearer " + FakeAuthzServer.shared().token(Audience.TOKEN_VAULT, "connections:read", claims);
    }

    private void revoke(String kind, String id) {
        var now = Instant.now();
        var type = "dev.behalf." + kind + ".revoked.v1";
        var headers = new CloudEvent(
                        UUID.randomUUID().toString(),
                        Audience.AUTHZ_SERVER,
                        type,
                        kind + "/" + id,
                        now,
                        "urn:behalf:schema:grant.v1",
                        1)
                .toKafkaHeaders();
        var value = Json.write(Map.of(
                "kind",
                kind,
                "id",
                id,
                "revokedAt",
                now.toString(),
                "until",
                now.plusSeconds(3600).toString(),
                "reason",
                "user"));
        var message = new ProducerRecord<>(RevocationFeed.TOPIC, null, kind + "/" + id, value, headers);
        var _ = java.util.Objects.requireNonNull(producer).send(message);
        java.util.Objects.requireNonNull(producer).flush();
    }
}
