package dev.behalf.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServersTest {

    @TempDir
    Path folder;

    @Test
    void postgresIsDurableAndKeepsItsDataOverARestart() throws Exception {
        int port = Ports.free();
        try (var server = PostgresServer.start(folder.resolve("pg"), port)) {
            server.database("vault", "secret");
            try (var connection = DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:" + port + "/vault", "vault", "secret");
                    var statement = connection.createStatement()) {
                statement.execute("CREATE TABLE kept (name text)");
                statement.execute("INSERT INTO kept VALUES ('ann')");
                for (var setting : List.of("fsync", "synchronous_commit")) {
                    try (var shown = statement.executeQuery("SHOW " + setting)) {
                        assertThat(shown.next()).isTrue();
                        assertThat(shown.getString(1)).isEqualTo("on");
                    }
                }
            }
        }
        try (var server = PostgresServer.start(folder.resolve("pg"), port)) {
            server.database("vault", "another");
            try (var connection = DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:" + port + "/vault", "vault", "another");
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery("SELECT name FROM kept")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo("ann");
            }
        }
    }

    @Test
    void kafkaKeepsItsRecordsOverARestart() throws Exception {
        int port = Ports.free();
        int controllerPort = Ports.free();
        try (var broker = KafkaBroker.start(folder.resolve("kafka"), port, controllerPort)) {
            broker.topic("kept", Map.of("cleanup.policy", "compact"));
            broker.topic("kept", Map.of());
            try (var producer = new KafkaProducer<>(
                    Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                    new StringSerializer(),
                    new StringSerializer())) {
                producer.send(new ProducerRecord<>("kept", "key", "value")).get();
            }
        }
        try (var broker = KafkaBroker.start(folder.resolve("kafka"), port, controllerPort);
                var consumer = new KafkaConsumer<>(
                        Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                        new StringDeserializer(),
                        new StringDeserializer())) {
            var partition = new TopicPartition("kept", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            assertThat(consumer.poll(Duration.ofSeconds(20))).singleElement().satisfies(message -> {
                assertThat(message.key()).isEqualTo("key");
                assertThat(message.value()).isEqualTo("value");
            });
        }
    }
}
