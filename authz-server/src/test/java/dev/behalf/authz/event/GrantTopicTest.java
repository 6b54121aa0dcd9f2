package dev.behalf.authz.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.event.Revocation.Kind;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.ApiDocument;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestKafka;
import dev.behalf.testkit.TestPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What reaches Kafka of grants and revocations.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrantTopicTest {

    private final TestKafka kafka = TestKafka.start();
    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private RunningAuthzServer server = start();

    private RunningAuthzServer start() {
        return RunningAuthzServer.start(database, Map.of("behalf.kafka.bootstrap-servers", kafka.bootstrapServers()));
    }

    @AfterAll
    void stop() {
        server.close();
        kafka.close();
    }

    @Test
    void everyKindOfEventIsAsDocumented() {
        var document = ApiDocument.of(server.get("/asyncapi.yaml", null).body());
        var id = UUID.randomUUID().toString();
        grant(id);
        revoke(Kind.GRANT, id);
        revoke(Kind.TOKEN, id);
        revoke(Kind.CLIENT, id);

        var told = read(id, 4);

        assertThat(told)
                .extracting(ConsumerRecord::key)
                .containsExactly("grant/" + id, "grant/" + id, "token/" + id, "client/" + id);
        var messages = List.of("granted", "grantRevoked", "tokenRevoked", "clientRevoked");
        for (int i = 0; i < messages.size(); i++) {
            var record = told.get(i);
            assertThat(header(record, "ce_type"))
                    .isEqualTo(document.text("/components/messages/" + messages.get(i) + "/name"));
            assertThat(document.faults("/components/schemas/headers", Json.text(headers(record))))
                    .isEmpty();
            assertThat(document.faults("/components/schemas/" + (i == 0 ? "granted" : "revoked"), record.value()))
                    .isEmpty();
            assertThat(record.value()).doesNotContain("alice");
        }
    }

    @Test
    void theTopicKeepsRecordsMuchLongerThanATokenCanLive() throws Exception {
        var id = UUID.randomUUID().toString();
        revoke(Kind.GRANT, id);
        assertThat(read(id, 1)).hasSize(1);
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, "behalf.grants.v1");
            var config = Objects.requireNonNull(
                    admin.describeConfigs(List.of(topic)).all().get().get(topic));

            assertThat(Set.of(config.get("cleanup.policy").value().split(",")))
                    .containsExactlyInAnyOrder("compact", "delete");
            assertThat(Duration.ofMillis(
                            Long.parseLong(config.get("retention.ms").value())))
                    .isGreaterThan(Duration.ofDays(1));
        }
    }

    @Test
    void withoutKafkaRevocationsAreKeptAndPublishedLater() throws SQLException {
        var id = UUID.randomUUID().toString();
        kafka.stop();
        try {
            revoke(Kind.GRANT, id);
            assertThat(RunningAuthzServer.query(database, "SELECT aggregateid FROM outbox"))
                    .contains("grant/" + id);
        } finally {
            kafka.restart();
        }
        assertThat(read(id, 1)).hasSize(1);
    }

    @Test
    void aReplicaThatTakesOverTellsAnewWhatIsInForceAndNothingElse() {
        var inForce = UUID.randomUUID().toString();
        var over = UUID.randomUUID().toString();
        var granted = UUID.randomUUID().toString();
        revoke(Kind.GRANT, inForce);
        revoke(new Revocation(
                Kind.GRANT, over, Instant.now().minusSeconds(60), Instant.now().minusSeconds(1)));
        grant(granted);
        assertThat(read(granted, 1)).hasSize(1);
        server.close();
        server = start();

        assertThat(read(inForce, 2).getLast().value()).contains("\"reason\":\"user\"");
        var last = UUID.randomUUID().toString();
        grant(last);
        assertThat(read(last, 1)).hasSize(1);
        assertThat(read(over, 1)).hasSize(1);
        assertThat(read(granted, 1)).hasSize(1);
    }

    private void grant(String id) {
        transaction(new Granted(id, "user-1", "alice", "client-1", null, Set.of("read"), "urn:r", Instant.now()));
    }

    private void revoke(Kind kind, String id) {
        revoke(new Revocation(kind, id, Instant.now(), Instant.now().plusSeconds(3600)));
    }

    private void revoke(Revocation revocation) {
        var events = server.bean(GrantEvents.class);
        var _ = server.bean(Database.class)
                .transaction(connection -> events.revoked(connection, List.of(revocation), "user"))
                .block();
    }

    private void transaction(Granted granted) {
        var events = server.bean(GrantEvents.class);
        var _ = server.bean(Database.class)
                .transaction(connection -> events.granted(connection, granted))
                .block();
    }

    private List<ConsumerRecord<String, String>> read(String id, int count) {
        var found = new ArrayList<ConsumerRecord<String, String>>();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partition = List.of(new TopicPartition("behalf.grants.v1", 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            Eventually.holds(count + " records about " + id, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> {
                    if (record.key().endsWith("/" + id)) {
                        found.add(record);
                    }
                });
                return found.size() >= count;
            });
        }
        return found;
    }

    private static String header(ConsumerRecord<?, ?> record, String name) {
        return String.valueOf(headers(record).get(name));
    }

    private static Map<String, Object> headers(ConsumerRecord<?, ?> record) {
        var headers = new LinkedHashMap<String, Object>();
        record.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return headers;
    }
}
