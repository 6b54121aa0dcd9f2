package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A client of the Model Context Protocol (2025-11-25) whose user has to do something first is told in the
/// protocol's own words, `URLElicitationRequiredError`.
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class ElicitationTest {

    private static final String HOST = "mcp.example";
    private static final String ACCEPT = "Accept: application/json, text/event-stream\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String CALL = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{}}";

    private final FakeAuthzServer authz = FakeAuthzServer.start();
    private final FakeVault vault = new FakeVault();
    private final RecordingUpstream upstream = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes:\n" + TestGateway.route(HOST, upstream.url(), "access: user, scopes: [read], inject: github"),
            authz,
            Map.of("behalf.vault.url", vault.url(), "behalf.gateway.body-timeout", "5s"));

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
        vault.close();
        authz.close();
    }

    @BeforeEach
    void refusing() {
        vault.clear();
        vault.give(_ -> FakeVault.refused("not_connected"));
        upstream.clear();
        gateway.validator().judge((_, _) -> FakeValidator.delegated("ann", "g", "t", "read"));
    }

    @Test
    void theErrorNamesTheRequestAndWhereTheUserHasToGo() {
        var reply = post(ACCEPT + JSON, CALL);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("Content-Type")).hasValue("application/json");
        assertThat(reply.header("Cache-Control")).hasValue("no-store");
        var message = Json.readObject(reply.body());
        assertThat(message)
                .containsOnlyKeys("jsonrpc", "id", "error")
                .containsEntry("jsonrpc", "2.0")
                .containsEntry("id", 7L);
        var error = map(message.get("error"));
        assertThat(error.get("code")).isEqualTo(-32042L);
        assertThat(error.get("message")).isEqualTo("Connect your account at github, so that this agent can use it.");
        var elicitation = elicitation(reply);
        assertThat(elicitation.get("mode")).isEqualTo("url");
        assertThat(elicitation.get("url"))
                .isEqualTo("http://gateway.example/connections/connect/github?agent=client-1");
        assertThat(elicitation.get("message")).isEqualTo(error.get("message"));
        assertThat(elicitation.get("elicitationId")).asString().isNotBlank();
        assertThat(elicitation(post(ACCEPT + JSON, CALL)).get("elicitationId"))
                .isNotEqualTo(elicitation.get("elicitationId"));
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-1",
                "1.5",
                "9007199254740993",
                "123456789012345678901234567890",
                "\"a\"",
                "\"\"",
                "\"\\u00e9\\ud83d\\ude00 \\\"quoted\\\"\"",
            })
    void theIdIsSaidAgainAsItCame(String id) {
        var reply = post(ACCEPT + JSON, "{\"method\":\"m\",\"id\": " + id + " ,\"jsonrpc\":\"2.0\"}");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(message(reply).get("id"))
                .isEqualTo(Json.readObject("{\"id\":" + id + "}").get("id"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Accept: text/event-stream;q=0.5 ,Application/JSON\r\nContent-Type: application/json; charset=utf-8\r\n",
                "Accept: application/json\r\nAccept: text/event-stream\r\ncontent-type: APPLICATION/JSON\r\n",
            })
    void theHeadMaySayTheSameOtherwise(String headers) {
        assertThat(post(headers, CALL).status()).isEqualTo(200);
    }

    /// What stands before the id can be large, and come in parts that are cut anywhere.
    @Test
    void theIdMayComeAfterLargeParametersInManyParts() {
        var body =
                "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"id\":1,\"list\":[{\"id\":2}],\"text\":\""
                        + "é{\\\"id\\\":3}".repeat(60_000) + "\"},\"id\":\"at the end\"}";
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(head(ACCEPT + JSON) + "Transfer-Encoding: chunked\r\n\r\n");
            for (int from = 0; from < bytes.length; from += 9_973) {
                var part = java.util.Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 9_973));
                client.send(Integer.toHexString(part.length) + "\r\n");
                client.send(part);
                client.send("\r\n");
            }
            client.send("0\r\n\r\n");

            assertThat(message(client.read().orElseThrow()).get("id")).isEqualTo("at the end");
        }
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(head(ACCEPT + JSON) + "Content-Length: " + CALL.length() + "\r\n\r\n");
            for (int i = 0; i < CALL.length(); i++) {
                client.send(CALL.substring(i, i + 1));
            }
            assertThat(message(client.read().orElseThrow()).get("id")).isEqualTo(7L);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\"}]",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":{\"id\":7},\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":[7],\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":8,\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":1}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"method\":\"n\"}",
                "{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"m\"}",
                "{\"jsonrpc\":2.0,\"id\":7,\"method\":\"m\"}",
                "{\"id\":7,\"method\":\"m\"}",
                "{\"params\":{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1e99999999999,\"method\":\"m\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\"",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\"} {}",
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",}",
                "{'jsonrpc':'2.0','id':7,'method':'m'}",
                "7",
                " ",
                "not json",
            })
    void whatIsNoRequestGetsThePlainRefusal(String body) {
        plainRefusal(post(ACCEPT + JSON, body));
    }

    @Test
    void whatIsTooLargeTooDeepOrTooLongGetsThePlainRefusal() {
        plainRefusal(post(ACCEPT + JSON, request("\"x\"", "[".repeat(100) + "]".repeat(100))));
        plainRefusal(post(ACCEPT + JSON, request("\"" + "x".repeat(2_000) + "\"", "{}")));
        plainRefusal(post(ACCEPT + JSON, request("9".repeat(100), "{}")));
        var large = request("7", "\"" + "x".repeat(1 << 20) + "\"");
        plainRefusal(post(ACCEPT + JSON, large));
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(head(ACCEPT + JSON) + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(large.length())
                    + "\r\n" + large + "\r\n0\r\n\r\n");
            plainRefusal(client.read().orElseThrow());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                JSON,
                JSON + "Accept: application/json\r\n",
                JSON + "Accept: text/event-stream\r\n",
                JSON + "Accept: */*\r\n",
                ACCEPT,
                ACCEPT + "Content-Type: application/x-www-form-urlencoded\r\n",
                ACCEPT + JSON + "Content-Type: text/plain\r\n",
                ACCEPT + JSON + "Content-Encoding: gzip\r\n",
                ACCEPT + JSON + "Expect: 100-continue\r\n",
            })
    void aHeadThatIsNoneOfTheProtocolsGetsThePlainRefusal(String headers) {
        plainRefusal(post(headers, CALL));
    }

    @Test
    void otherMethodsAndOtherRefusalsAreAsElsewhere() {
        plainRefusal(gateway.send("PUT / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer x\r\n" + ACCEPT + JSON
                + "Content-Length: " + CALL.length() + "\r\n\r\n" + CALL));
        plainRefusal(gateway.send(
                "GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer x\r\n" + ACCEPT + JSON + "\r\n"));
        vault.give(_ -> FakeVault.problem(503, "away", Map.of("Retry-After", "3")));
        assertThat(post(ACCEPT + JSON, CALL).status()).isEqualTo(503);
    }

    @Test
    void theConnectionGoesOnAfterAnError() {
        try (var client = RawHttp.connect(gateway.port())) {
            var call = head(ACCEPT + JSON) + "Content-Length: " + CALL.length() + "\r\n\r\n" + CALL;
            client.send(call + call);
            assertThat(message(client.read().orElseThrow()).get("id")).isEqualTo(7L);
            assertThat(message(client.read().orElseThrow()).get("id")).isEqualTo(7L);
            vault.clear();

            client.send(call);

            assertThat(client.read().orElseThrow().body()).isEqualTo("ok");
            assertThat(upstream.take().body()).isEqualTo(CALL.getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aBodyThatDoesNotComeOrIsBrokenGetsThePlainRefusalAndEndsTheConnection() {
        for (var body : List.of(
                "Content-Length: 100\r\n\r\n" + CALL.substring(0, 10),
                "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + CALL)) {
            try (var client = RawHttp.connect(gateway.port())) {
                client.send(head(ACCEPT + JSON) + body);

                plainRefusal(client.read().orElseThrow());
                assertThat(client.isClosedByPeer()).isTrue();
            }
        }
    }

    private static String request(String id, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"m\",\"params\":" + params + "}";
    }

    private static void plainRefusal(RawHttp.Response reply) {
        assertThat(reply.status()).isEqualTo(403);
        assertThat(Json.readObject(reply.body()))
                .containsEntry("error", "CONSENT_REQUIRED")
                .containsKey("authorization_url");
    }

    private static String head(String headers) {
        return "POST / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer x\r\n" + headers;
    }

    private RawHttp.Response post(String headers, String body) {
        return gateway.send(head(headers) + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static Map<?, ?> message(RawHttp.Response reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return Json.readObject(reply.body().getBytes(StandardCharsets.ISO_8859_1));
    }

    private static Map<?, ?> elicitation(RawHttp.Response reply) {
        var data = map(map(message(reply).get("error")).get("data"));
        return data.get("elicitations") instanceof List<?> list && list.size() == 1 ? map(list.getFirst()) : Map.of();
    }

    private static Map<?, ?> map(@org.jspecify.annotations.Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }
}
