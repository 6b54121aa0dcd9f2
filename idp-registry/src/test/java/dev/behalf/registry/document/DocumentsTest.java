package dev.behalf.registry.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.ApiDocument;
import dev.behalf.testkit.TestKafka;
import dev.behalf.testkit.TestPostgres;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The documents that the registry serves, held against what it does.
final class DocumentsTest {

    private static RunningRegistry registry;
    private static ApiDocument openapi;
    private static ApiDocument asyncapi;

    @BeforeAll
    static void start() {
        registry = RunningRegistry.start(
                TestPostgres.shared().newDatabase(),
                Map.of("behalf.kafka.bootstrap-servers", TestKafka.shared().bootstrapServers()));
        openapi = ApiDocument.of(registry.get("/openapi.yaml").body());
        asyncapi = ApiDocument.of(registry.get("/asyncapi.yaml").body());
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    void what_is_served_is_documented_and_what_is_documented_is_served() {
        assertThat(openapi.operations()).isEqualTo(ApiDocument.routes(registry.context()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/identity-providers",
                "/api/v1/identity-providers",
                "/api/v1/workspaces/{workspace}/identity-providers"
            })
    void answers_are_as_documented(String path) {
        var real = path.replace("{workspace}", "documents");
        var one = path + "/{name}";
        var example =
                openapi.json("/paths/~1api~1identity-providers/post/requestBody/content/application~1json/example");

        conforms("POST", path, registry.post(real, example));
        conforms("POST", path, registry.post(real, "{\"name\":\"x\"}"));
        conforms("POST", path, registry.post(real + "?dryRun=maybe", example));
        conforms("GET", path, registry.get(real));
        conforms("GET", path, anonymously(real));
        conforms("GET", one, registry.get(real + "/google-oidc"));
        conforms("GET", one, registry.get(real + "/nobody"));
        conforms("GET", one + "/status", registry.get(real + "/google-oidc/status"));
        conforms("POST", one + "/try", registry.post(real + "/google-oidc/try", "{\"token\":\"a.b.c\"}"));
        conforms("POST", one + "/try", registry.post(real + "/google-oidc/try", "{}"));
        conforms("DELETE", one, registry.delete(real + "/google-oidc", "If-Match", "\"no\""));
        conforms("DELETE", one, registry.delete(real + "/google-oidc"));
    }

    @Test
    void the_snapshot_is_as_documented() {
        conforms("GET", "/internal/identity-providers", registry.get("/internal/identity-providers"));
    }

    @Test
    void the_records_on_the_topic_are_as_documented() {
        registry.put(RunningRegistry.provider("told"));
        registry.delete("/api/identity-providers/told");

        var records = records("default/told", 3);
        conforms(records.get(0), "updated");
        conforms(records.get(1), "deleted");
        conforms(records.get(2), "tombstone");
        assertThat(records.get(2).value()).isNull();
    }

    private static HttpResponse<String> anonymously(String path) {
        return registry.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + registry.port() + path)));
    }

    private static void conforms(String method, String path, HttpResponse<String> response) {
        assertThat(openapi.faults(method, path, response))
                .as(method + " " + path + " " + response.statusCode() + " " + response.body())
                .isEmpty();
    }

    private static void conforms(ConsumerRecord<String, String> event, String message) {
        var headers = new LinkedHashMap<String, Object>();
        event.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        var kind = message.equals("updated") ? "updated" : "deleted";
        assertThat(asyncapi.faults("/components/schemas/" + kind + "Headers", Json.text(headers)))
                .as(headers.toString())
                .isEmpty();
        assertThat(asyncapi.faults("/components/schemas/key", Json.text(event.key())))
                .isEmpty();
        if (event.value() != null) {
            assertThat(asyncapi.text("/components/messages/" + message + "/name"))
                    .isEqualTo(headers.get("ce_type"));
            var schema = asyncapi.text("/components/messages/" + message + "/payload/schema/$ref");
            assertThat(ApiDocument.schemaFaults(registry.get("/" + schema).body(), event.value()))
                    .isEmpty();
        }
    }

    private static List<ConsumerRecord<String, String>> records(String key, int count) {
        var topic = Objects.requireNonNull(asyncapi.text("/channels/identityProviders/address"));
        var found = new ArrayList<ConsumerRecord<String, String>>();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", TestKafka.shared().bootstrapServers(), "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partition = List.of(new TopicPartition(topic, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            RunningRegistry.await(count + " records of " + key, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(event -> {
                    if (event.key().equals(key)) {
                        found.add(event);
                    }
                });
                return found.size() >= count;
            });
        }
        return found;
    }
}
