package dev.behalf.registry.event;

import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.RawHttp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The changes as server-sent events, read from the socket.
class ChangeStreamTest {

    private static final String PATH = "/api/identity-provider-events";

    private final RunningRegistry registry = RunningRegistry.start();

    @AfterEach
    void stop() {
        registry.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {PATH, "/api/v1/identity-provider-events"})
    void aSubscriberGetsThePresentStateAndThenTheChanges(String path) {
        registry.put(provider("a"));
        registry.put(provider("b"));
        registry.delete("/api/identity-providers/b");

        try (var stream = new Stream(registry, path, "")) {
            assertThat(stream.next())
                    .containsEntry("event", "reset")
                    .containsEntry("data", "{\"revision\":3}")
                    .doesNotContainKey("id");
            assertThat(stream.next())
                    .containsEntry("event", "dev.behalf.identity-provider.updated.v1")
                    .containsEntry("id", "1");
            assertThat(stream.next()).containsEntry("event", "current").containsEntry("id", "3");

            registry.put(provider("c"));
            registry.delete("/api/identity-providers/a");

            var created = stream.next();
            assertThat(created)
                    .containsEntry("event", "dev.behalf.identity-provider.updated.v1")
                    .containsEntry("id", "4");
            var event = Json.readObject(Objects.requireNonNull(created.get("data")));
            assertThat(event)
                    .containsEntry("specversion", "1.0")
                    .containsEntry("source", "urn:behalf:idp-registry")
                    .containsEntry("type", "dev.behalf.identity-provider.updated.v1")
                    .containsEntry("subject", "default/c")
                    .containsEntry("datacontenttype", "application/json")
                    .containsEntry("dataschema", "urn:behalf:schema:identity-provider.v1");
            assertThat(Json.text(event.get("data"))).startsWith("{\"name\":\"c\"");
            assertThat(stream.next())
                    .containsEntry("event", "dev.behalf.identity-provider.deleted.v1")
                    .containsEntry("id", "5");
        }
    }

    @Test
    void oneWhoReconnectsMissesNothingAndGetsNothingTwice() {
        for (var name : List.of("a", "b", "c")) {
            registry.put(provider(name));
        }

        try (var stream = new Stream(registry, PATH, "Last-Event-ID: 1\r\n")) {
            assertThat(stream.next()).containsEntry("id", "2");
            assertThat(stream.next()).containsEntry("id", "3");
            registry.put(provider("d"));
            assertThat(stream.next()).containsEntry("id", "4");
        }
        try (var stream = new Stream(registry, PATH, "Last-Event-ID: 4\r\n")) {
            registry.put(provider("e"));
            assertThat(stream.next()).containsEntry("id", "5");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"99", "999999999999999999"})
    void oneWhoKnowsAnotherHistoryStartsAnew(String id) {
        registry.put(provider("a"));

        try (var stream = new Stream(registry, PATH, "Last-Event-ID: " + id + "\r\n")) {
            assertThat(stream.next()).containsEntry("event", "reset");
            assertThat(stream.next()).containsEntry("id", "1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1.5", "1;2", "9999999999999999999", "%00"})
    void aLastEventIdThatNeverWasIsRefused(String id) {
        var reply = registry.get(PATH, "Last-Event-ID", id);

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(RunningRegistry.error(reply)).startsWith("Last-Event-ID ");
    }

    @Test
    void manySubscribersAllSeeAllChangesInOrder() {
        var streams = new ArrayList<Stream>();
        try {
            for (int i = 0; i < 30; i++) {
                streams.add(new Stream(registry, PATH, ""));
            }
            for (var stream : streams) {
                assertThat(stream.next()).containsEntry("event", "reset");
                assertThat(stream.next()).containsEntry("event", "current");
            }
            for (int i = 1; i <= 20; i++) {
                registry.put(provider("p" + i));
            }
            for (var stream : streams) {
                for (int i = 1; i <= 20; i++) {
                    assertThat(stream.next()).containsEntry("id", Integer.toString(i));
                }
            }
        } finally {
            streams.forEach(Stream::close);
        }
    }

    @Test
    void oneSubscriberTooManyIsToldToComeBack() {
        var streams = new ArrayList<Stream>();
        try {
            for (int i = 0; i < 200; i++) {
                var stream = new Stream(registry, PATH, "");
                streams.add(stream);
                assertThat(stream.next()).containsEntry("event", "reset");
            }
            var reply = registry.get(PATH);
            assertThat(reply.statusCode()).isEqualTo(503);
            assertThat(reply.headers().firstValue("Retry-After")).isPresent();

            streams.removeLast().close();
            RunningRegistry.await("a place is free", () -> {
                try (var again = new Stream(registry, PATH, "")) {
                    return again.status() == 200;
                }
            });
        } finally {
            streams.forEach(Stream::close);
        }
    }

    /// One connection, and the events on it; comments are skipped.
    private static final class Stream implements AutoCloseable {

        private final RawHttp connection;
        private final StringBuilder text = new StringBuilder();
        private final int status;

        Stream(RunningRegistry registry, String path, String headers) {
            connection = RawHttp.connect(registry.port());
            connection.send(
                    "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: "
                            + registry.authorization() + "\r\n" + headers + "\r\n");
            while (text.indexOf("\r\n\r\n") < 0) {
                more();
            }
            status = Integer.parseInt(text.substring(9, 12));
            text.delete(0, text.indexOf("\r\n\r\n") + 4);
        }

        int status() {
            return status;
        }

        /// The fields of the next event.
        Map<String, @Nullable String> next() {
            while (true) {
                int end = events().indexOf("\n\n");
                while (end < 0) {
                    more();
                    end = events().indexOf("\n\n");
                }
                var event = events().substring(0, end);
                int chunked = text.indexOf("\n\n") + 2;
                text.delete(0, chunked);
                var fields = new LinkedHashMap<String, @Nullable String>();
                for (var line : event.split("\n")) {
                    if (line.matches("(id|event|data): ?.*")) {
                        fields.put(
                                line.substring(0, line.indexOf(':')),
                                line.substring(line.indexOf(':') + 1).strip());
                    }
                }
                if (fields.containsKey("data") && !"heartbeat".equals(fields.get("event"))) {
                    return fields;
                }
            }
        }

        /// Without the sizes of the chunks.
        private String events() {
            return text.toString().replaceAll("\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n", "");
        }

        private void more() {
            var some = connection.readSome();
            if (some.isEmpty()) {
                throw new AssertionError("the stream ended after: " + text);
            }
            text.append(some);
        }

        @Override
        public void close() {
            connection.close();
        }
    }
}
