package dev.behalf.kernel.outbox;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/// Writes events to the topic, each batch in one Kafka transaction. A newer writer fences this one: what it
/// has not committed then never appears (the transactional id is the same for all replicas).
///
/// Its methods wait for the broker, so they are called on the relay's own thread only.
public final class TopicWriter implements AutoCloseable {

    private static final int WAIT_MILLIS = 5_000;

    private final Publication publication;
    private final KafkaProducer<String, byte[]> producer;

    /// @throws KafkaException when the broker does not answer
    public TopicWriter(RelaySettings settings, Publication publication) {
        this.publication = publication;
        makeTopic(settings, publication);
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        settings.bootstrapServers(),
                        "client.id",
                        settings.service() + "-relay",
                        "transactional.id",
                        settings.service() + "-relay",
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
    /// @throws Unpublishable  when one of them never can be; none was published, and the writer is still good
    /// @throws KafkaException when they were not published, as far as is known
    public void write(List<OutboxEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        producer.beginTransaction();
        var sent = new LinkedHashMap<OutboxEvent, Future<RecordMetadata>>();
        try {
            for (var event : events) {
                sent.put(event, send(event, event.payload().getBytes(StandardCharsets.UTF_8)));
                if (publication.isLast(event)) {
                    var _ = send(event, null); // the tombstone: lets compaction forget the key
                }
            }
            producer.flush();
        } catch (KafkaException e) {
            sent.forEach(this::checkAccepted); // after a refused record the next call fails, and does not say why
            throw e;
        }
        sent.forEach(this::checkAccepted);
        producer.commitTransaction();
    }

    /// Any other failure fails the commit, which is where it is noticed.
    private void checkAccepted(OutboxEvent event, Future<RecordMetadata> sent) {
        if (sent.state() == Future.State.FAILED && isAboutTheRecord(sent.exceptionNow())) {
            producer.abortTransaction();
            throw new Unpublishable(event, sent.exceptionNow());
        }
    }

    private static boolean isAboutTheRecord(Throwable fault) {
        return fault instanceof RecordTooLargeException
                || fault instanceof InvalidRecordException
                || fault instanceof SerializationException;
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(1));
    }

    private Future<RecordMetadata> send(OutboxEvent event, byte @Nullable [] value) {
        return producer.send(new ProducerRecord<>(
                publication.topic(),
                null,
                event.subject(),
                value,
                publication.attributes(event).toKafkaHeaders()));
    }

    private static void makeTopic(RelaySettings settings, Publication publication) {
        Map<String, Object> connection = Map.of(
                "bootstrap.servers",
                settings.bootstrapServers(),
                "client.id",
                settings.service() + "-topics",
                "default.api.timeout.ms",
                WAIT_MILLIS,
                "request.timeout.ms",
                WAIT_MILLIS / 2);
        try (var admin = Admin.create(connection)) {
            var topic = new NewTopic(
                            publication.topic(),
                            Optional.of(settings.partitions()),
                            settings.replicationFactor() < 0
                                    ? Optional.empty()
                                    : Optional.of(settings.replicationFactor()))
                    .configs(publication.topicConfiguration());
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
