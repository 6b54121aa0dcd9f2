package dev.behalf.registry.event;

import dev.behalf.kernel.provider.ProviderState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// Writes events to the compacted topic, each batch in one Kafka transaction. A newer writer fences this one: what it
/// has not committed then never appears (the transactional id is the same for all replicas).
///
/// Its methods wait for the broker, so they are called on the relay's own thread only.
final class TopicWriter implements AutoCloseable {

    private static final int WAIT_MILLIS = 5_000;

    private final KafkaProducer<String, byte[]> producer;

    /// @throws KafkaException when the broker does not answer
    TopicWriter(RelaySettings settings) {
        makeTopic(settings);
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        settings.bootstrapServers(),
                        "client.id",
                        "idp-registry-relay",
                        "transactional.id",
                        "idp-registry-relay",
                        "enable.idempotence",
                        true,
                        "acks",
                        "all",
                        "max.block.ms",
                        WAIT_MILLIS,
                        "request.timeout.ms",
                        WAIT_MILLIS / 2,
                        "delivery.timeout.ms",
                        WAIT_MILLIS,
                        "transaction.timeout.ms",
                        2 * WAIT_MILLIS,
                        "linger.ms",
                        0),
                new StringSerializer(),
                new ByteArraySerializer());
        try {
            producer.initTransactions();
        } catch (RuntimeException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    /// Publishes the events in their order, all or none.
    ///
    /// @throws KafkaException when they were not published, as far as is known
    void write(List<Outbox.Kept> events) {
        producer.beginTransaction();
        for (var event : events) {
            send(event, event.payload().getBytes(StandardCharsets.UTF_8));
            if (event.isDeletion()) {
                send(event, null); // the tombstone: lets compaction forget the key
            }
        }
        producer.commitTransaction();
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(1));
    }

    private void send(Outbox.Kept event, byte @org.jspecify.annotations.Nullable [] value) {
        // A failed send fails the commit, which is where it is noticed.
        var _ = producer.send(new ProducerRecord<>(
                ProviderState.TOPIC,
                null,
                event.subject(),
                value,
                event.attributes().toKafkaHeaders()));
    }

    private static void makeTopic(RelaySettings settings) {
        Map<String, Object> connection = Map.of(
                "bootstrap.servers",
                settings.bootstrapServers(),
                "client.id",
                "idp-registry-topics",
                "default.api.timeout.ms",
                WAIT_MILLIS,
                "request.timeout.ms",
                WAIT_MILLIS / 2);
        try (var admin = Admin.create(connection)) {
            var topic = new NewTopic(
                            ProviderState.TOPIC,
                            Optional.of(settings.partitions()),
                            settings.replicationFactor() < 0
                                    ? Optional.empty()
                                    : Optional.of(settings.replicationFactor()))
                    .configs(Map.of("cleanup.policy", "compact", "delete.retention.ms", "604800000"));
            admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new KafkaException("cannot make the topic", e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException(e);
        }
    }
}
