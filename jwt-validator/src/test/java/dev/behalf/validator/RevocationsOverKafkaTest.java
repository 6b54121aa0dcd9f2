package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.revocation.RevocationFeed;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.TestKafka;
import java.nio.charset.StandardCharsets;
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

/// What the authorization server publishes on a real Kafka is all that the validator hears of revocations.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RevocationsOverKafkaTest {

    private static final String RESOURCE = "https://portal.example.com";

    private final TestKafka kafka = TestKafka.start();
    private @Nullable KafkaProducer<String, byte[]> producer;
    private @Nullable RunningValidator running;

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
        tell("grant", "early", "dev.behalf.grant.revoked.v1");
        running = RunningValidator.start(Map.of(
                "behalf.kafka.bootstrap-servers", kafka.bootstrapServers(), "behalf.revocations.poll-every", "1h"));
        RunningValidator.await(
                "the topic was read",
                () -> validator().context().getBean(RevocationFeed.class).isReady());
    }

    @AfterAll
    void stop() {
        validator().close();
        java.util.Objects.requireNonNull(producer).close();
        kafka.close();
    }

    @Test
    void whatWasRevokedBeforeTheStartIsRefused() {
        RunningValidator.await("it is refused", () -> isRevoked(Map.of("gid", "early")));
    }

    @Test
    void whatIsRevokedIsRefusedAndWhatIsGrantedIsNot() {
        var id = UUID.randomUUID().toString();
        tell("grant", id, "dev.behalf.grant.created.v1");
        tell("token", id, "dev.behalf.token.revoked.v1");

        RunningValidator.await("it is refused", () -> isRevoked(Map.of("jti", id)));
        assertThat(isRevoked(Map.of("gid", id))).isFalse();

        tell("grant", id, "dev.behalf.grant.revoked.v1");
        RunningValidator.await("it is refused", () -> isRevoked(Map.of("gid", id)));
    }

    @Test
    void whatCannotBeReadHidesNothingBehindIt() {
        var id = UUID.randomUUID().toString();
        send("grant/x", "dev.behalf.grant.revoked.v1", "{\"kind\":\"grant\"}");
        send("grant/x", "dev.behalf.grant.revoked.v1", "nonsense");
        tell("grant", id, "dev.behalf.grant.revoked.v1");

        RunningValidator.await("it is refused", () -> isRevoked(Map.of("gid", id)));
    }

    private boolean isRevoked(Map<String, ?> changes) {
        long now = validator().clock().instant().getEpochSecond();
        var claims = new HashMap<String, @Nullable Object>();
        claims.put("username", "alice@example.com");
        claims.put("iat", now);
        claims.put("exp", now + 300);
        claims.putAll(changes);
        var verdict = validator()
                .ask(
                        "/v1/verdicts",
                        Map.of(
                                "token",
                                FakeAuthzServer.shared().token(RESOURCE, "read", claims),
                                "host",
                                "portal.example.com",
                                "resource",
                                RESOURCE));
        return "the token was revoked".equals(verdict.get("detail"));
    }

    private void tell(String kind, String id, String type) {
        var now = Instant.now();
        send(
                kind + "/" + id,
                type,
                Json.text(Map.of(
                        "kind",
                        kind,
                        "id",
                        id,
                        "revokedAt",
                        now.toString(),
                        "until",
                        now.plusSeconds(3600).toString(),
                        "reason",
                        "user")));
    }

    private void send(String key, String type, String value) {
        var headers = new CloudEvent(
                        UUID.randomUUID().toString(),
                        "urn:behalf:authz-server",
                        type,
                        key,
                        Instant.now(),
                        "urn:behalf:schema:grant.v1",
                        1)
                .toKafkaHeaders();
        var message =
                new ProducerRecord<>(RevocationFeed.TOPIC, null, key, value.getBytes(StandardCharsets.UTF_8), headers);
        var _ = java.util.Objects.requireNonNull(producer).send(message);
    }

    private RunningValidator validator() {
        return java.util.Objects.requireNonNull(running);
    }
}
