package dev.behalf.registry.event;

import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.registry.RunningRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/// A plain Kafka consumer of the topic, from its beginning, as anybody outside would write one.
final class TopicReader implements AutoCloseable {

    /// A record as it was read.
    ///
    /// @param value null: a tombstone
    record Told(String key, @Nullable String value, Map<String, String> headers) {

        long revision() {
            return Long.parseLong(Objects.requireNonNull(headers.get("ce_revision")));
        }

        String type() {
            return Objects.requireNonNull(headers.get("ce_type"));
        }
    }

    private final KafkaConsumer<String, byte[]> consumer;
    private final List<Told> told = new ArrayList<>();

    TopicReader(String bootstrapServers) {
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "isolation.level",
                        "read_committed",
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        consumer.assign(List.of(new TopicPartition(ProviderState.TOPIC, 0)));
    }

    /// Everything read so far, once it satisfies.
    List<Told> until(String what, Predicate<List<Told>> satisfied) {
        RunningRegistry.await(what, () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(message -> told.add(of(message)));
            return satisfied.test(told);
        });
        return List.copyOf(told);
    }

    /// Everything read so far, once that revision is among it.
    List<Told> untilRevision(long revision) {
        return until("revision " + revision, all -> all.stream().anyMatch(one -> one.revision() >= revision));
    }

    @Override
    public void close() {
        consumer.close();
    }

    private static Told of(ConsumerRecord<String, byte[]> message) {
        var headers = StreamSupport.stream(message.headers().spliterator(), false)
                .collect(java.util.stream.Collectors.toMap(
                        org.apache.kafka.common.header.Header::key,
                        header -> new String(header.value(), StandardCharsets.UTF_8)));
        var value = message.value();
        return new Told(message.key(), value == null ? null : new String(value, StandardCharsets.UTF_8), headers);
    }
}
