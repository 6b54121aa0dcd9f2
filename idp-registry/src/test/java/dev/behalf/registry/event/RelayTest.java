package dev.behalf.registry.event;

import static dev.behalf.registry.RunningRegistry.header;
import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbox.OutboxEvent;
import dev.behalf.kernel.outbox.Publication;
import dev.behalf.kernel.outbox.RelaySettings;
import dev.behalf.kernel.outbox.TopicWriter;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.kernel.provider.Providers;
import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.TestKafka;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.publisher.Mono;

/// What reaches Kafka, and in which order, whatever fails.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RelayTest {

    private static final String PATH = "/api/identity-providers";

    private final TestKafka kafka = TestKafka.start();

    @AfterEach
    void forgetTheTopic() throws Exception {
        try (var admin = admin()) {
            if (admin.listTopics().names().get().contains(ProviderState.TOPIC)) {
                admin.deleteTopics(List.of(ProviderState.TOPIC)).all().get();
                RunningRegistry.await("the topic is gone", () -> {
                    try {
                        return !admin.listTopics().names().get().contains(ProviderState.TOPIC);
                    } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
        }
    }

    @AfterAll
    void stop() {
        kafka.close();
    }

    @Test
    void aChangeIsACloudEventWithTheFullState() {
        try (var registry = start()) {
            var revision = revision(registry.put(provider("a", ",\"audiences\":[\"x\"]")));

            try (var reader = reader(registry)) {
                var told = reader.untilRevision(revision).getLast();

                assertThat(told.key()).isEqualTo("default/a");
                assertThat(told.headers())
                        .containsEntry("ce_specversion", "1.0")
                        .containsEntry("ce_source", "urn:behalf:idp-registry")
                        .containsEntry("ce_type", "dev.behalf.identity-provider.updated.v1")
                        .containsEntry("ce_subject", "default/a")
                        .containsEntry("ce_dataschema", "urn:behalf:schema:identity-provider.v1")
                        .containsEntry("ce_revision", Long.toString(revision))
                        .containsEntry("content-type", "application/json");
                assertThat(Instant.parse(told.headers().get("ce_time"))).isBeforeOrEqualTo(Instant.now());
                assertThat(UUID.fromString(told.headers().get("ce_id"))).isNotNull();
                assertThat(told.value()).isEqualTo("""
                        {"name":"a","namespace":"default","revision":%d,"spec":{"host":"a.example.com",\
                        "identityProvider":{"issuer":"https://idp.example.com",\
                        "jwksUri":"https://idp.example.com/keys","audiences":["x"]},"userIDClaim":"email"}}""".formatted(revision));
            }
        }
    }

    @Test
    void aDeletionIsAnEventAndThenATombstone() {
        try (var registry = start()) {
            registry.put(provider("a"));
            registry.delete(PATH + "/a");

            try (var reader = reader(registry)) {
                var told = reader.until("a tombstone", all -> all.stream().anyMatch(one -> one.value() == null));
                var event = told.get(told.size() - 2);
                var tombstone = told.getLast();

                assertThat(event.type()).isEqualTo(ProviderState.DELETED);
                assertThat(event.value()).contains("\"revision\":2", "\"host\":\"a.example.com\"");
                assertThat(tombstone.key()).isEqualTo("default/a");
                assertThat(tombstone.type()).isEqualTo(ProviderState.DELETED);
                assertThat(tombstone.revision()).isEqualTo(2);
            }
        }
    }

    @Test
    void theTopicIsMadeCompacted() throws Exception {
        try (var registry = start();
                var admin = admin()) {
            registry.put(provider("a"));
            try (var reader = reader(registry)) {
                assertThat(reader.untilRevision(1)).isNotEmpty();
            }
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, ProviderState.TOPIC);
            var config = Objects.requireNonNull(
                    admin.describeConfigs(List.of(topic)).all().get().get(topic));

            assertThat(config.get("cleanup.policy").value()).isEqualTo("compact");
        }
    }

    @Test
    void whatSaysTheSameIsNoEvent() {
        try (var registry = start()) {
            registry.put(provider("a"));
            registry.put(provider("a"));
            registry.put(provider("b"));

            try (var reader = reader(registry)) {
                var told = reader.untilRevision(2);
                assertThat(told).extracting(TopicReader.Told::key).endsWith("default/a", "default/b");
                assertThat(told.getLast().revision()).isEqualTo(2);
            }
        }
    }

    @Test
    void withoutKafkaChangesAreAcknowledgedAndPublishedLaterInOrder() {
        try (var registry = start()) {
            registry.put(provider("before"));
            try (var reader = reader(registry)) {
                assertThat(reader.untilRevision(1)).isNotEmpty();
            }
            kafka.stop();
            try {
                for (int i = 0; i < 20; i++) {
                    registry.put(provider("p" + i % 5, ",\"audiences\":[\"" + i + "\"]"));
                }
                registry.delete(PATH + "/p0");
                assertThat(count(registry, "outbox")).isEqualTo(21);
            } finally {
                kafka.restart();
            }
            try (var reader = reader(registry)) {
                var told = reader.untilRevision(22);

                assertThat(told)
                        .filteredOn(one -> one.revision() > 1)
                        .extracting(TopicReader.Told::revision)
                        .containsSubsequence(java.util.stream.LongStream.rangeClosed(2, 22)
                                .boxed()
                                .toList());
                assertEndsAsTheRegistryIs(registry, told);
            }
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
        }
    }

    @Test
    void aRegistryThatStartsWithoutKafkaPublishesOnceItIsThere() {
        try (var late = TestKafka.notStarted();
                var registry = RunningRegistry.start(
                        TestPostgres.shared().newDatabase(),
                        Map.of("behalf.kafka.bootstrap-servers", late.bootstrapServers()))) {
            registry.put(provider("early"));
            assertThat(registry.get(PATH + "/early").statusCode()).isEqualTo(200);

            late.restart();
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
            try (var reader = new TopicReader(late.bootstrapServers())) {
                assertThat(reader.untilRevision(1).getLast().key()).isEqualTo("default/early");
            }
        }
    }

    /// The relay published, and the process died before it noted that: the next one publishes again.
    @Test
    void aCrashBetweenPublishingAndNotingItRepeatsAndEndsRight() {
        var database = TestPostgres.shared().newDatabase();
        try (var registry = start(database)) {
            registry.put(provider("a"));
            registry.put(provider("a", ",\"audiences\":[\"x\"]"));
            registry.put(provider("b"));
            registry.delete(PATH + "/b");
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
            update(
                    registry,
                    "INSERT INTO outbox (revision, id, aggregatetype, aggregateid, type, payload, created_at)"
                            + " SELECT revision, id, 'identity-provider', subject, type, payload, created_at"
                            + " FROM change_log");
        }
        try (var registry = start(database)) {
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
            registry.put(provider("c"));
            try (var reader = reader(registry)) {
                var told = reader.untilRevision(5);

                assertThat(told.stream().filter(one -> one.revision() == 2)).hasSizeGreaterThan(1);
                assertEndsAsTheRegistryIs(registry, told);
            }
        }
    }

    /// A replica that was paused, and wakes up after another has taken over, must not write an old state over a new.
    @Test
    void aRelayThatWasTakenOverCannotPublish() {
        var old = event(1, "old");
        try (var zombie = writer()) {
            zombie.write(List.of(old));
            try (var heir = writer()) {
                heir.write(List.of(event(2, "new")));

                assertThatThrownBy(() -> zombie.write(List.of(event(1, "zombie"))))
                        .isInstanceOf(KafkaException.class);

                heir.write(List.of(event(3, "newest")));
            }
        }
        try (var reader = new TopicReader(kafka.bootstrapServers())) {
            assertThat(reader.untilRevision(3))
                    .extracting(TopicReader.Told::value)
                    .containsExactly("\"old\"", "\"new\"", "\"newest\"");
        }
    }

    @Test
    void ofTwoReplicasOnePublishesAndTheOtherTakesOverWhenItGoes() {
        var database = TestPostgres.shared().newDatabase();
        try (var second = start(database)) {
            try (var first = start(database)) {
                for (int i = 0; i < 10; i++) {
                    (i % 2 == 0 ? first : second).put(provider("p" + i));
                }
                try (var reader = reader(first)) {
                    var told = reader.untilRevision(10);
                    assertThat(told)
                            .extracting(TopicReader.Told::revision)
                            .isSorted()
                            .contains(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
                }
            }
            second.put(provider("after"));
            try (var reader = reader(second)) {
                assertEndsAsTheRegistryIs(second, reader.untilRevision(11));
            }
        }
    }

    /// Nobody gave the lease back: it runs out.
    @Test
    void theLeaseOfAReplicaThatVanishedRunsOut() {
        var database = TestPostgres.shared().newDatabase();
        try (var registry = start(database)) {
            registry.put(provider("a"));
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
            update(registry, "UPDATE relay_lease SET owner = 'vanished', until = now() + interval '2 seconds'");
            registry.put(provider("b"));

            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
            assertThat(registry.get(PATH + "/b").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatWasDamagedOnTheTopicIsMendedByTheNextStart() {
        var database = TestPostgres.shared().newDatabase();
        try (var registry = start(database)) {
            registry.put(provider("a"));
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
        }
        try (var vandal = writer()) {
            vandal.write(List.of(new OutboxEvent(
                    UUID.randomUUID(), ProviderState.DELETED, "default/a", 1, Instant.EPOCH, "{\"nonsense\":1}")));
        }
        try (var registry = start(database);
                var reader = reader(registry)) {
            var told = reader.until(
                    "the state after the tombstone",
                    all -> all.size() > 2
                            && all.getLast().value() != null
                            && all.get(all.size() - 2).value() == null);

            assertThat(told.getLast().value()).contains("a.example.com");
        }
    }

    @Test
    void anEventThatTheBrokerRefusesIsSetAsideAndTheOthersGoOn() throws Exception {
        try (var admin = admin()) {
            var small = new NewTopic(ProviderState.TOPIC, Optional.of(1), Optional.empty())
                    .configs(Map.of("cleanup.policy", "compact", "max.message.bytes", "2000"));
            admin.createTopics(List.of(small)).all().get();
        }
        var database = TestPostgres.shared().newDatabase();
        try (var registry = start(database)) {
            registry.put(provider("a"));
            registry.put(provider("huge", ",\"audiences\":[\"" + "x".repeat(2040) + "\"]"));
            registry.put(provider("b"));
            RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);

            assertThat(count(registry, "dead_letter")).isEqualTo(1);
            assertThat(registry.get(PATH + "/huge").statusCode()).isEqualTo(200);
        }
        try (var registry = start(database)) {
            registry.put(provider("c"));
            try (var reader = reader(registry)) {
                assertThat(reader.untilRevision(4))
                        .extracting(TopicReader.Told::key)
                        .contains("default/a", "default/b", "default/c")
                        .doesNotContain("default/huge");
            }
        }
    }

    /// A relay's hand, without the relay.
    private TopicWriter writer() {
        return new TopicWriter(
                new RelaySettings(
                        Duration.ofMillis(500),
                        Duration.ofSeconds(5),
                        1,
                        (short) -1,
                        kafka.bootstrapServers(),
                        "idp-registry"),
                new Told());
    }

    /// What the registry publishes, without a registry.
    private record Told() implements Publication {

        @Override
        public String topic() {
            return ProviderState.TOPIC;
        }

        @Override
        public Map<String, String> topicConfiguration() {
            return Map.of("cleanup.policy", "compact");
        }

        @Override
        public CloudEvent attributes(OutboxEvent event) {
            return ProviderPublication.cloudEvent(event);
        }

        @Override
        public boolean isLast(OutboxEvent event) {
            return event.type().equals(ProviderState.DELETED);
        }

        @Override
        public Mono<List<OutboxEvent>> settled() {
            return Mono.just(List.of());
        }
    }

    private RunningRegistry start() {
        return start(TestPostgres.shared().newDatabase());
    }

    private RunningRegistry start(Map<String, String> database) {
        return RunningRegistry.start(database, Map.of("behalf.kafka.bootstrap-servers", kafka.bootstrapServers()));
    }

    /// A reader, once there is a topic.
    private TopicReader reader(RunningRegistry registry) {
        RunningRegistry.await("an empty outbox", () -> count(registry, "outbox") == 0);
        return new TopicReader(kafka.bootstrapServers());
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    private static void assertEndsAsTheRegistryIs(RunningRegistry registry, List<TopicReader.Told> told) {
        var view = Providers.NONE;
        for (var one : told) {
            if (one.value() != null) {
                var state = ProviderState.fromJson(Json.readObject(one.value()));
                view = one.type().equals(ProviderState.DELETED)
                        ? view.without(state.key(), state.revision())
                        : view.with(state);
            }
        }
        assertThat(view.all().stream().map(ProviderState::name))
                .containsExactlyInAnyOrderElementsOf(RunningRegistry.names(registry.get(PATH)));
        assertThat(view.all().stream().map(ProviderState::revision).map(Object::toString))
                .containsExactlyInAnyOrderElementsOf(RunningRegistry.names(registry.get(PATH)).stream()
                        .map(name -> Objects.requireNonNull(header(registry.get(PATH + "/" + name), "X-Revision")))
                        .toList());
    }

    private static OutboxEvent event(long revision, String payload) {
        return new OutboxEvent(
                UUID.randomUUID(), ProviderState.UPDATED, "default/a", revision, Instant.EPOCH, Json.text(payload));
    }

    private static long revision(HttpResponse<String> reply) {
        return Long.parseLong(Objects.requireNonNull(header(reply, "X-Revision")));
    }

    private static long count(RunningRegistry registry, String table) {
        return Objects.requireNonNull(registry.context()
                .getBean(Database.class)
                .query(
                        "SELECT count(*) AS n FROM " + table,
                        UnaryOperator.identity(),
                        row -> Objects.requireNonNull(row.get("n", Long.class)))
                .blockFirst());
    }

    private static void update(RunningRegistry registry, String sql) {
        var changed = registry.context()
                .getBean(Database.class)
                .update(sql, UnaryOperator.identity())
                .block();
        assertThat(changed).isPositive();
    }
}
