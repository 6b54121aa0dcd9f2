package dev.behalf.registry.judgement;

import static dev.behalf.registry.RunningRegistry.error;
import static dev.behalf.registry.RunningRegistry.header;
import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.behalf.kernel.json.Json;
import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.TestPostgres;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/// `…/{name}/status` and `…/{name}/try`, which ask the validator.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JudgementTest {

    private static final String TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

    private final FakeValidator validator = new FakeValidator();
    private final RunningRegistry registry =
            RunningRegistry.start(TestPostgres.shared().newDatabase(), Map.of("behalf.validator.url", validator.url()));

    @BeforeAll
    void register() {
        registry.put(provider("a"));
    }

    @AfterAll
    void stop() {
        registry.close();
        validator.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/identity-providers/a",
                "/api/v1/identity-providers/a",
                "/api/v1/workspaces/default/identity-providers/a"
            })
    void theStatusIsTheRegistrysAndTheValidators(String path) {
        validator.answers(200, "{\"reachable\":true,\"keyCount\":2,\"checkedAt\":\"2026-01-01T00:00:00Z\"}");

        var reply = registry.get(path + "/status");
        var status = Json.readObject(reply.body());

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(status).containsEntry("revision", 1L);
        assertThat(Instant.parse(String.valueOf(status.get("lastChange")))).isBeforeOrEqualTo(Instant.now());
        assertThat(status.get("jwks"))
                .isEqualTo(Map.of("reachable", true, "keyCount", 2L, "checkedAt", "2026-01-01T00:00:00Z"));
        var question = validator.asked().getLast();
        assertThat(question.path()).isEqualTo("/v1/providers/default/a/keys");
        assertThat(question.authorization()).startsWith("Bearer ");
    }

    @ParameterizedTest
    @CsvSource({"500, {}", "401, {}", "404, {}", "200, nonsense", "200, '[]'", "200, ''", "302, {}"})
    void aStatusThatTheValidatorCannotTellIsUnknown(int status, String answer) {
        validator.answers(status, answer);

        var reply = registry.get("/api/identity-providers/a/status");

        assertThat(reply.statusCode()).isEqualTo(200);
        var jwks = new HashMap<String, @Nullable Object>();
        jwks.put("reachable", null);
        jwks.put("lastError", "the validator cannot be asked");
        assertThat(Json.readObject(reply.body())).containsEntry("revision", 1L).containsEntry("jwks", jwks);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/identity-providers/a",
                "/api/v1/identity-providers/a",
                "/api/v1/workspaces/default/identity-providers/a"
            })
    void aTokenIsTriedAtThatProviderAndHost(String path) {
        var explanation = "{\"verdict\":\"refused\",\"steps\":[{\"check\":\"signature\",\"outcome\":\"failed\"}]}";
        validator.answers(200, explanation);

        var reply = registry.post(path + "/try", Json.text(Map.of("token", TOKEN)));

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo(explanation).doesNotContain(TOKEN);
        assertThat(header(reply, "Cache-Control")).isEqualTo("no-store");
        var question = validator.asked().getLast();
        assertThat(question.method()).isEqualTo("POST");
        assertThat(question.path()).isEqualTo("/v1/explanations");
        assertThat(Json.readObject(question.body()))
                .isEqualTo(Map.of("token", TOKEN, "provider", "default/a", "host", "a.example.com"));
    }

    @Test
    void anotherHostCanBeTried() {
        validator.answers(200, "{}");

        var reply = registry.post(
                "/api/identity-providers/a/try", Json.text(Map.of("token", TOKEN, "host", "other.example.com")));

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(Json.readObject(validator.asked().getLast().body())).containsEntry("host", "other.example.com");
    }

    @Test
    void withoutTheValidatorATryIsToldToComeBack() {
        validator.answers(500, "{}");

        var reply = registry.post("/api/identity-providers/a/try", Json.text(Map.of("token", TOKEN)));

        assertThat(reply.statusCode()).isEqualTo(503);
        assertThat(header(reply, "Retry-After")).isNotNull();
        assertThat(error(reply)).isEqualTo("the validator cannot be asked");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | token is required",
                "{\"token\":null} | token is required",
                "{\"token\":\"\"} | token is required",
                "{\"token\":\" \"} | token is required",
                "{\"token\":1} | token must be a string",
                "{\"token\":[\"a\"]} | token must be a string",
                "{\"token\":\"a\",\"host\":1} | host must be a string",
                "{\"token\":\"a\",\"host\":\"a:b:c\"} | host must be a host name",
                "{\"token\":\"a\",\"token\":\"b\"} | the body must be a JSON object",
                "[] | the body must be a JSON object",
                "x | the body must be a JSON object",
            })
    void aMalformedTryIsRefusedAndAsksNobody(String body, String error) {
        int before = validator.asked().size();

        var reply = registry.post("/api/identity-providers/a/try", body);

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(error(reply)).startsWith(error);
        assertThat(validator.asked()).hasSize(before);
    }

    @Test
    void whatIsNotThereHasNoStatusAndCannotBeTried() {
        for (var reply : List.of(
                registry.get("/api/identity-providers/no-such/status"),
                registry.post("/api/identity-providers/no-such/try", "{\"token\":\"x\"}"),
                registry.get("/api/v1/workspaces/elsewhere/identity-providers/a/status"))) {
            assertThat(reply.statusCode()).isEqualTo(404);
            assertThat(error(reply)).matches("identity provider \"(no-such|a)\" not found");
        }
    }

    @Test
    void theTokenIsNeverLogged() {
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var logged = new ListAppender<ILoggingEvent>();
        logged.start();
        var level = Objects.requireNonNull(root.getLevel());
        root.addAppender(logged);
        root.setLevel(Level.DEBUG);
        var ours = (Logger) LoggerFactory.getLogger("dev.behalf");
        ours.setLevel(Level.TRACE);
        try {
            for (int status : new int[] {200, 500}) {
                validator.answers(status, "{}");
                var reply = registry.post("/api/identity-providers/a/try", Json.text(Map.of("token", TOKEN)));
                assertThat(reply.body()).doesNotContain(TOKEN);
            }
        } finally {
            root.setLevel(level);
            ours.setLevel(null);
            root.detachAppender(logged);
        }
        assertThat(logged.list).isNotEmpty();
        assertThat(List.copyOf(logged.list))
                .filteredOn(event -> !event.getLoggerName().startsWith("jdk.internal"))
                .noneMatch(event -> event.getFormattedMessage().contains(TOKEN));
    }
}
