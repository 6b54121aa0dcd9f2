package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.testkit.TestKafka;
import java.time.Instant;
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

/// The registry is away; what it publishes on a real Kafka is all that the validator hears.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChangesOverKafkaTest {

    private final TestKafka kafka = TestKafka.start();
    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final FakeIdentityProvider another = FakeIdentityProvider.start("https://another.example");
    private @Nullable KafkaProducer<String, byte[]> producer;
    private @Nullable RunningValidator running;

    @BeforeAll
    void start() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(ProviderState.TOPIC, 1, (short) 1)
                            .configs(Map.of("cleanup.policy", "compact"))))
                    .all()
                    .get();
        }
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "acks", "all"),
                new StringSerializer(),
                new ByteArraySerializer());
        updated(Provider.of("early", issuer), 1);
        running = RunningValidator.start(
                Map.of(
                        "behalf.kafka.bootstrap-servers",
                        kafka.bootstrapServers(),
                        "behalf.providers.registry",
                        "http://127.0.0.1:1"),
                issuer,
                another);
    }

    @AfterAll
    void stop() {
        validator().close();
        java.util.Objects.requireNonNull(producer).close();
        issuer.close();
        another.close();
        kafka.close();
    }

    @Test
    void whatWasPublishedBeforeTheStartIsKnown() {
        assertThat(verdict(issuer, "early.example.com"))
                .containsEntry("outcome", "accepted")
                .containsEntry("provider", "default/early")
                .containsEntry("revision", 1L);
    }

    @Test
    void aProviderIsTrustedFromItsEventOnAndNoMoreAfterItsDeletion() {
        assertThat(verdict(issuer, "late.example.com")).containsEntry("outcome", "refused");

        updated(Provider.of("late", issuer), 10);
        RunningValidator.await("accepted", () -> isAccepted(issuer, "late.example.com"));

        deleted(Provider.of("late", issuer), 11);
        RunningValidator.await("refused", () -> !isAccepted(issuer, "late.example.com"));
        assertThat(verdict(issuer, "late.example.com"))
                .containsEntry("outcome", "refused")
                .containsEntry("status", 401L);

        updated(Provider.of("late", issuer), 10); // a straggler of before
        updated(Provider.of("mark", issuer), 12);
        RunningValidator.await("the later event is known", () -> isAccepted(issuer, "mark.example.com"));
        assertThat(isAccepted(issuer, "late.example.com")).isFalse();
    }

    @Test
    void aChangeOfAnyRuleChangesTheVerdict() {
        var provider = Provider.of("rules", issuer);
        updated(provider, 20);
        RunningValidator.await("accepted", () -> isAccepted(issuer, "rules.example.com"));

        updated(provider.domains("another.example"), 21);
        RunningValidator.await(
                "the domain counts",
                () -> Long.valueOf(403)
                        .equals(verdict(issuer, "rules.example.com").get("status")));
        assertThat(verdict(issuer, "rules.example.com")).containsEntry("revision", 21L);

        updated(provider.audiences("elsewhere"), 22);
        RunningValidator.await(
                "the audience counts",
                () -> "the audience is not accepted"
                        .equals(verdict(issuer, "rules.example.com").get("detail")));
        assertThat(verdict(issuer, "rules.example.com")).containsEntry("revision", 22L);

        updated(provider.issuer(another.issuer()).jwksUri(another.jwksUri()), 23);
        RunningValidator.await("the issuer counts", () -> isAccepted(another, "rules.example.com"));
        assertThat(verdict(issuer, "rules.example.com"))
                .containsEntry("detail", "the issuer is not trusted for this host");

        updated(provider.claim("sub"), 24);
        RunningValidator.await(
                "the claim counts",
                () -> "sub-ann@example.com"
                        .equals(verdict(issuer, "rules.example.com").get("userId")));

        updated(provider.host("moved.example.com"), 25);
        RunningValidator.await("the host counts", () -> isAccepted(issuer, "moved.example.com"));
        assertThat(verdict(issuer, "rules.example.com"))
                .containsEntry("detail", "no identity provider is registered for this host");
    }

    @Test
    void anEventThatCannotBeReadIsSkipped() {
        send(
                "default/broken",
                "{\"name\":".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                ProviderState.UPDATED,
                30);
        send("default/broken", "[]".getBytes(java.nio.charset.StandardCharsets.UTF_8), ProviderState.UPDATED, 31);
        send("default/broken", null, ProviderState.DELETED, 31);
        updated(Provider.of("after", issuer), 32);

        RunningValidator.await("the next event is known", () -> isAccepted(issuer, "after.example.com"));
    }

    private boolean isAccepted(FakeIdentityProvider by, String host) {
        return "accepted".equals(verdict(by, host).get("outcome"));
    }

    private Map<String, @Nullable Object> verdict(FakeIdentityProvider by, String host) {
        return validator().verdict(validator().token(by, "ann@example.com"), host);
    }

    private void updated(Provider provider, long revision) {
        var state = provider.at(revision);
        send(state.key(), Json.write(state.toJson()), ProviderState.UPDATED, revision);
    }

    private void deleted(Provider provider, long revision) {
        var state = provider.at(revision);
        send(state.key(), Json.write(state.toJson()), ProviderState.DELETED, revision);
        send(state.key(), null, ProviderState.DELETED, revision);
    }

    private void send(String key, byte @Nullable [] value, String type, long revision) {
        var event = new CloudEvent(
                UUID.randomUUID().toString(),
                "urn:behalf:idp-registry",
                type,
                key,
                Instant.now(),
                "https://behalf.example/schemas/identity-provider.v1.json",
                revision);
        var _ = java.util.Objects.requireNonNull(producer)
                .send(new ProducerRecord<>(ProviderState.TOPIC, null, key, value, event.toKafkaHeaders()));
        java.util.Objects.requireNonNull(producer).flush();
    }

    private RunningValidator validator() {
        return java.util.Objects.requireNonNull(running);
    }
}
