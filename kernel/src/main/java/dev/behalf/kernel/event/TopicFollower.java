package dev.behalf.kernel.event;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows a compacted topic from its beginning, all partitions, without a consumer group: every replica sees all of
/// it. Runs on one thread of its own; while the broker is away it tries again, for ever.
public final class TopicFollower implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TopicFollower.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /// What is told about the topic, always on the follower's own thread.
    public interface Listener {

        /// A record; its value is null for a tombstone. What it throws is logged, and the record skipped.
        void onRecord(ConsumerRecord<String, byte[]> message);

        /// Everything that the topic held when following began has been told. Said again after each reconnection.
        void onCaughtUp();
    }

    private final Map<String, Object> settings;
    private final String topic;
    private final Listener listener;
    private final Thread thread;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile org.apache.kafka.clients.consumer.@org.jspecify.annotations.Nullable Consumer<String, byte[]>
            consumer;

    /// @param clientId         of the Kafka client: unique in the process
    /// @param bootstrapServers as Kafka's setting of that name
    public TopicFollower(String clientId, String bootstrapServers, String topic, Listener listener) {
        this.topic = topic;
        this.listener = listener;
        this.settings = new HashMap<>(Map.of(
                "client.id",
                clientId,
                "bootstrap.servers",
                bootstrapServers,
                "enable.auto.commit",
                false,
                "auto.offset.reset",
                "earliest",
                "isolation.level",
                "read_committed",
                "fetch.max.wait.ms",
                200,
                "reconnect.backoff.max.ms",
                1_000,
                "allow.auto.create.topics",
                false,
                "default.api.timeout.ms",
                5_000,
                "metadata.max.age.ms",
                30_000));
        this.thread = Thread.ofPlatform().daemon().name("follow-" + clientId).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    @Override
    public void close() {
        closed.set(true);
        var current = consumer;
        if (current != null) {
            current.wakeup();
        }
        thread.interrupt();
    }

    private void run() {
        while (!closed.get()) {
            try (var current = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
                consumer = current;
                follow(current);
            } catch (WakeupException | InterruptException e) {
                // closing; the loop's condition decides
            } catch (KafkaException e) {
                log.warn("Following {} failed, trying again: {}", topic, e.getMessage());
                pause();
            } finally {
                consumer = null;
            }
        }
    }

    private void follow(KafkaConsumer<String, byte[]> current) {
        var partitions = current.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .collect(java.util.stream.Collectors.toSet());
        if (partitions.isEmpty()) {
            throw new KafkaException("the topic does not exist yet");
        }
        current.assign(partitions);
        current.seekToBeginning(partitions);
        var ends = current.endOffsets(partitions);
        boolean caughtUp = false;
        while (!closed.get()) {
            if (!caughtUp && reached(current, ends, partitions)) {
                caughtUp = true;
                listener.onCaughtUp();
            }
            for (var message : current.poll(POLL)) {
                tell(message);
            }
        }
    }

    private static boolean reached(
            KafkaConsumer<String, byte[]> current, Map<TopicPartition, Long> ends, Set<TopicPartition> partitions) {
        for (var partition : partitions) {
            if (current.position(partition) < ends.getOrDefault(partition, 0L)) {
                return false;
            }
        }
        return true;
    }

    private void tell(ConsumerRecord<String, byte[]> message) {
        try {
            listener.onRecord(message);
        } catch (RuntimeException e) {
            log.error("Skipped a record of {} at offset {}: {}", topic, message.offset(), e.toString());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
