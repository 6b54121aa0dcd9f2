package dev.behalf.vault.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.embedded.Ports;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.ApiDocument;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestKafka;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import dev.behalf.vault.connection.Connections;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What reaches a real Kafka of connections. It comes up after the vault.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionTopicTest {

    private static final String TYPE = "dev.behalf.connection.";
    private static final Duration LIFETIME = Duration.ofSeconds(150);

    private final TestKafka kafka = TestKafka.notStarted();
    private final RotatingProvider provider = RotatingProvider.start();
    private RunningVault vault;
    private int readinessWithoutKafka;
    private String connectedWithoutKafka;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        int management = Ports.free();
        var settings = new HashMap<>(provider.settings(folder));
        settings.put("behalf.kafka.bootstrap-servers", kafka.bootstrapServers());
        settings.put("endpoints.all.port", management);
        provider.lifetime(LIFETIME);
        vault = RunningVault.start(TestPostgres.shared().newDatabase(), settings);
        readinessWithoutKafka = readiness(management);
        connectedWithoutKafka = new VaultUser().connect(vault, provider, "early");
        kafka.restart();
    }

    @AfterAll
    void stop() {
        vault.close();
        provider.close();
        kafka.close();
    }

    @Test
    void withoutKafkaTheVaultStartsAndServesAndTellsLater() {
        assertThat(readinessWithoutKafka).isEqualTo(200);
        assertThat(types(connectedWithoutKafka, 1)).containsExactly("connected");
    }

    @Test
    void whatHappensToAConnectionIsToldInOrderAndAsDocumentedAndNeverAToken() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        user.allow(vault, id);
        expire();
        assertThat(user.status(vault)).isEqualTo("active");
        provider.forgetRefreshTokens();
        expire();
        assertThat(user.status(vault)).isEqualTo("needs_reconnect");
        user.connect(vault, provider, "octocat");
        disconnect(user, id);

        var told = read(id, 6);

        assertThat(told)
                .extracting(ConnectionTopicTest::type)
                .containsExactly("connected", "refreshed", "needs-reconnect", "connected", "deleted", "revoked");
        var document = ApiDocument.of(vault.get("/asyncapi.yaml", null).body());
        for (var record : told) {
            conforms(document, record);
            assertThat(Json.readObject(record.value()))
                    .containsEntry("id", id)
                    .containsEntry("owner", user.name())
                    .containsEntry("provider", "demo");
            assertThat(record.value()).doesNotContain("token-secret", "octocat", "A. Person");
        }
        assertThat(Json.readObject(told.get(2).value())).containsKey("reason");
        assertThat(told)
                .extracting(record -> Long.parseLong(headers(record).get("ce_revision")))
                .isSorted();
    }

    @Test
    void scopesThatAProviderTakesAwayAreToldAndThoseThatStay() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "hubot");
        user.allow(vault, id);
        provider.refreshedScope("openid");
        try {
            expire();
            user.ask(vault, "");
        } finally {
            provider.refreshedScope(null);
        }

        var told = read(id, 3);

        assertThat(told)
                .extracting(ConnectionTopicTest::type)
                .containsExactly("connected", "refreshed", "scope-missing");
        conforms(ApiDocument.of(vault.get("/asyncapi.yaml", null).body()), told.getLast());
        assertThat(Json.readObject(told.getLast().value()))
                .containsEntry("scopes", List.of("openid"))
                .containsEntry("missing", List.of("email", "profile"));
    }

    @Test
    void whatWasNotDoneIsNotTold() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "ghost");
        var connections = vault.bean(Connections.class);
        var connection =
                Objects.requireNonNull(connections.find(UUID.fromString(id)).block());
        disconnect(user, id);

        assertThat(connections.obstructed(connection, "too late").block()).isFalse();

        var later = new VaultUser().connect(vault, provider, "marker");
        assertThat(readUntil(record -> record.key().equals(later)))
                .filteredOn(record -> record.key().equals(id))
                .extracting(ConnectionTopicTest::type)
                .containsExactly("connected", "deleted", "revoked");
    }

    @Test
    void theTopicKeepsItsRecordsForAWeek() throws Exception {
        assertThat(read(connectedWithoutKafka, 1)).hasSize(1);
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, ConnectionPublication.TOPIC);
            var config = Objects.requireNonNull(
                    admin.describeConfigs(List.of(topic)).all().get().get(topic));

            assertThat(config.get("cleanup.policy").value()).isEqualTo("delete");
            assertThat(config.get("retention.ms").value())
                    .isEqualTo(Long.toString(Duration.ofDays(7).toMillis()));
        }
    }

    @Test
    void whatWaitedLongerThanTheTopicKeepsItsRecordsIsForgottenAndNothingElse() {
        try (var alone = RunningVault.start()) { // nobody publishes there
            for (int i = 0; i < 2; i++) {
                alone.sql("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES"
                        + " (gen_random_uuid(), 'connection', '" + i + "', 't', '{}', now() - interval '"
                        + (6 + 2 * i) + " days')");
            }

            assertThat(alone.bean(OutboxSweep.class).sweep().block()).isNull();

            assertThat(alone.texts("SELECT aggregateid FROM outbox")).containsExactly("0");
        }
    }

    private static int readiness(int port) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/readiness"))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    private void expire() {
        vault.clock().forward(LIFETIME.plusSeconds(1));
    }

    private void disconnect(VaultUser user, String id) {
        var ended = vault.send(
                vault.request("/api/v1/connections/" + id, user.own()).DELETE());
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
        assertThat(RunningVault.json(ended)).containsEntry("at_provider", "revoked");
    }

    private static void conforms(ApiDocument document, ConsumerRecord<String, String> record) {
        assertThat(document.faults("/components/schemas/headers", Json.text(new LinkedHashMap<>(headers(record)))))
                .isEmpty();
        assertThat(document.faults("/components/schemas/connection", record.value()))
                .isEmpty();
    }

    private List<String> types(String id, int count) {
        return read(id, count).stream().map(ConnectionTopicTest::type).toList();
    }

    /// The first records about it.
    private List<ConsumerRecord<String, String>> read(String id, int count) {
        var seen = new ArrayList<ConsumerRecord<String, String>>();
        var all = readUntil(record -> {
            if (record.key().equals(id)) {
                seen.add(record);
            }
            return seen.size() >= count;
        });
        return all.stream().filter(record -> record.key().equals(id)).toList();
    }

    private List<ConsumerRecord<String, String>> readUntil(Predicate<ConsumerRecord<String, String>> last) {
        var found = new ArrayList<ConsumerRecord<String, String>>();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partition = List.of(new TopicPartition(ConnectionPublication.TOPIC, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            Eventually.holds("the last record comes", () -> {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    found.add(record);
                    if (last.test(record)) {
                        return true;
                    }
                }
                return false;
            });
        }
        return found;
    }

    /// Such as `connected`.
    private static String type(ConsumerRecord<?, ?> record) {
        var type = String.valueOf(headers(record).get("ce_type"));
        assertThat(type).startsWith(TYPE).endsWith(".v1");
        return type.substring(TYPE.length(), type.length() - ".v1".length());
    }

    private static Map<String, String> headers(ConsumerRecord<?, ?> record) {
        var headers = new LinkedHashMap<String, String>();
        record.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return headers;
    }
}
