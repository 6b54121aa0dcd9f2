package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.testkit.RawHttp;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Input that is malformed, oversized, mistyped or hostile: it gets a 4xx problem that says why, never a 5xx, and the
/// service goes on.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileRequestTest {

    private static final String HOST = "portal.example.com";
    private static final String[] QUESTIONS = {"/v1/verdicts", "/v1/explanations"};

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final RunningValidator validator = RunningValidator.start(issuer);

    @BeforeAll
    void register() {
        validator.register(Provider.of("portal", issuer).host(HOST));
    }

    @AfterAll
    void stop() {
        validator.close();
        issuer.close();
    }

    @AfterEach
    void theServiceGoesOn() {
        assertThat(validator.verdict(validator.token(issuer, "ann@example.com"), HOST))
                .containsEntry("outcome", "accepted");
    }

    static Stream<Arguments> badBodies() {
        return Stream.of(
                Arguments.of("", "the request is malformed"),
                Arguments.of("null", "the body must be a JSON object"),
                Arguments.of("7", "the body must be a JSON object"),
                Arguments.of("[]", "the body must be a JSON object"),
                Arguments.of("\"token\"", "the body must be a JSON object"),
                Arguments.of("{", "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\"", "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\"}}", "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\"} {}", "the body must be a JSON object"),
                Arguments.of("{'token':'a','host':'b'}", "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\",}", "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"token\":\"a\",\"host\":\"b\"}", "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\",\"host\":\"c\"}", "the body must be a JSON object"),
                Arguments.of(
                        "{\"token\":\"a\",\"host\":\"b\",\"x\":{\"y\":1,\"y\":1}}", "the body must be a JSON object"),
                Arguments.of("\uFEFF{\"token\":\"a\",\"host\":\"b\"}", "the body must be a JSON object"),
                Arguments.of(
                        "{\"token\":\"a\",\"host\":\"b\",\"x\":" + "[".repeat(33) + "]".repeat(33) + "}",
                        "the body must be a JSON object"),
                Arguments.of("[".repeat(30_000), "the body must be a JSON object"),
                Arguments.of("{\"a\":".repeat(10_000), "the body must be a JSON object"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\",\"x\":1e9999999999}", "the body must be a JSON object"),
                Arguments.of(
                        "{\"token\":\"a\",\"host\":\"b\",\"x\":" + "9".repeat(1000) + "}",
                        "the body must be a JSON object"),
                Arguments.of("{\"host\":\"b\"}", "token is required"),
                Arguments.of("{\"token\":null,\"host\":\"b\"}", "token is required"),
                Arguments.of("{\"token\":1,\"host\":\"b\"}", "token must be a string"),
                Arguments.of("{\"token\":{\"token\":\"a\"},\"host\":\"b\"}", "token must be a string"),
                Arguments.of("{\"token\":[\"a\"],\"host\":\"b\"}", "token must be a string"),
                Arguments.of("{\"token\":\"a\"}", "host is required"),
                Arguments.of("{\"token\":\"a\",\"Host\":\"b\"}", "host is required"),
                Arguments.of("{\"token\":\"a\",\"host\":null}", "host is required"),
                Arguments.of("{\"token\":\"a\",\"host\":true}", "host must be a string"),
                Arguments.of("{\"token\":\"a\",\"host\":[\"b\"]}", "host must be a string"),
                Arguments.of("{\"token\":\"a\",\"host\":{}}", "host must be a string"),
                Arguments.of("{\"token\":\"a\",\"host\":\"\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b c\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b,c\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"https://b\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b/c\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b:\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b..c\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\\u0000\"}", "host must be the name of one host"),
                Arguments.of("{\"token\":\"a\",\"host\":\"b\\ud800\"}", "host must be the name of one host"),
                Arguments.of(
                        "{\"token\":\"a\",\"host\":\"b\\u00fccher.example\"}", "host must be the name of one host"),
                Arguments.of(
                        "{\"token\":\"a\",\"host\":\"" + "b.".repeat(200) + "b\"}",
                        "host must be the name of one host"));
    }

    @ParameterizedTest(name = "{index} {1}")
    @MethodSource("badBodies")
    void aBodyThatAsksNothingIs400(String body, String detail) {
        for (var path : QUESTIONS) {
            var reply = post(path, body);
            problem(reply, 400);
            assertThat(String.valueOf(Json.readObject(reply.body()).get("error")))
                    .startsWith(detail);
        }
    }

    @Test
    void aVerdictIsAboutAHostAndNotAboutAProvider() {
        var reply = post("/v1/verdicts", "{\"token\":\"a\",\"provider\":\"default/portal\"}");
        problem(reply, 400);
        reply = post("/v1/verdicts", "{\"token\":\"a\",\"host\":\"b\",\"provider\":\"default/portal\"}");
        problem(reply, 400);
        assertThat(reply.body()).contains("provider is for /v1/explanations only");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\"portal\"",
                "\"/portal\"",
                "\"default/\"",
                "\"a/b/c\"",
                "\"a b/c\"",
                "1",
                "[]",
                "\"\\u0000/a\""
            })
    void aProviderThatIsNoneIs400(String provider) {
        problem(post("/v1/explanations", "{\"token\":\"a\",\"provider\":" + provider + "}"), 400);
    }

    @Test
    void bytesThatAreNoTextAre400() {
        for (var path : QUESTIONS) {
            problem(
                    validator.post(
                            path, new byte[] {(byte) 0xff, (byte) 0xfe, 0, '{'}, "Content-Type", "application/json"),
                    400);
            problem(
                    validator.post(
                            path,
                            "{\"token\":\"\u00e9\",\"host\":\"b\"}".getBytes(StandardCharsets.ISO_8859_1),
                            "Content-Type",
                            "application/json"),
                    400);
            problem(
                    validator.post(
                            path,
                            "{\"token\":\"a\",\"host\":\"b\"}".getBytes(StandardCharsets.UTF_16),
                            "Content-Type",
                            "application/json"),
                    400);
        }
    }

    @Test
    void aMegabyteIs413() {
        for (var path : QUESTIONS) {
            var body = "{\"token\":\"" + "a".repeat(1024 * 1024) + "\",\"host\":\"b\"}";
            problem(post(path, body), 413);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "text/html",
                "application/xml",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/octet-stream",
                "application",
                "x",
                "/",
                "application/json, text/plain",
                "application/json/json",
                "*/*",
                ";charset=utf-8",
                "application/json;charset=utf-99",
            })
    void anotherMediaTypeIs4xxOrNoMatter(String type) {
        for (var path : QUESTIONS) {
            var reply = validator.post(
                    path, "{\"token\":\"a\",\"host\":\"b\"}".getBytes(StandardCharsets.UTF_8), "Content-Type", type);
            if (reply.statusCode() != 200) {
                assertThat(reply.statusCode()).as(type).isBetween(400, 499);
                problem(reply, reply.statusCode());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "text/html",
                "application/xml",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/octet-stream"
            })
    void aBodyOfAnotherTypeIs415(String type) {
        for (var path : QUESTIONS) {
            problem(
                    validator.post(
                            path,
                            "{\"token\":\"a\",\"host\":\"b\"}".getBytes(StandardCharsets.UTF_8),
                            "Content-Type",
                            type),
                    415);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/verdicts",
        "PUT, /v1/verdicts",
        "DELETE, /v1/verdicts",
        "PATCH, /v1/verdicts",
        "OPTIONS, /v1/verdicts",
        "GET, /v1/explanations",
        "PUT, /v1/explanations",
        "DELETE, /v1/explanations",
        "POST, /v1/providers/default/portal/keys",
        "DELETE, /v1/providers/default/portal/keys",
        "POST, /openapi.yaml",
        "POST, /forward-auth/nginx",
        "TRACE, /v1/verdicts",
        "BREW, /v1/verdicts",
    })
    void aWrongMethodIs405(String method, String path) {
        problem(validator.send(method, path, new byte[0]), 405);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1",
                "/v1/",
                "/v1/verdicts/x",
                "/v1/Verdicts",
                "/v1/providers/default/portal",
                "/v1/providers/default/nobody/keys",
                "/v1/providers/default/%00/keys",
                "/v1/providers/default/a%2Fb/keys",
                "/v1/providers/default/%FF/keys",
                "/v1/providers/%2e%2e/%2e%2e/keys",
                "/prometheus",
                "/health",
                "/info",
                "/env",
                "/beans",
            })
    void whatIsNotThereIs404(String path) {
        problem(validator.get(path), 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "image/png", "application/json;q=0", "x", "", "*"})
    void whatTheCallerAcceptsNeverFailsTheService(String accept) {
        var reply = validator.post(
                "/v1/verdicts",
                "{\"token\":\"a\",\"host\":\"b\"}".getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json",
                "Accept",
                accept);

        assertThat(reply.statusCode()).isLessThan(500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "x", "gzip, gzip"})
    void aBodyThatIsNotInItsCodingIs4xx(String coding) {
        var reply = validator.post(
                "/v1/verdicts",
                "{\"token\":\"a\",\"host\":\"b\"}".getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json",
                "Content-Encoding",
                coding);

        assertThat(reply.statusCode()).isLessThan(500);
    }

    static Stream<Arguments> strangers() {
        var server = FakeAuthzServer.shared();
        return Stream.of(
                Arguments.of(401, ""),
                Arguments.of(401, "Bearer"),
                Arguments.of(401, "Bearer x"),
                Arguments.of(401, "Basic YTpi"),
                Arguments.of(401, "Bearer " + server.token("urn:behalf:idp-registry", "tokens:judge")),
                Arguments.of(
                        401, "Bearer " + server.token("urn:behalf:jwt-validator", "tokens:judge", Map.of("exp", 1L))),
                Arguments.of(
                        401,
                        "Bearer "
                                + server.token(
                                        "urn:behalf:jwt-validator",
                                        "tokens:judge",
                                        Map.of("iss", "https://evil.example"))),
                Arguments.of(403, "Bearer " + server.token("urn:behalf:jwt-validator", "identity-providers:read")),
                Arguments.of(403, "Bearer " + server.token("urn:behalf:jwt-validator", "tokens:judged")));
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void onlyServicesOfTheSuiteMayAsk(int status, String authorization) {
        for (var path :
                new String[] {"POST /v1/verdicts", "POST /v1/explanations", "GET /v1/providers/default/portal/keys"}) {
            var reply = RawHttp.exchange(
                            validator.port(),
                            path + " HTTP/1.1\r\nHost: validator\r\nAuthorization: " + authorization
                                    + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .orElseThrow();
            assertThat(reply.status()).as(path).isEqualTo(status);
            assertThat(reply.header("WWW-Authenticate").orElseThrow()).startsWith("Bearer");
        }
    }

    /// Whatever is said in place of a token, it is judged, and proves nothing.
    @Test
    void nothingButATokenIsAccepted() {
        var random = new Random(20_250_101);
        var good = validator.token(issuer, "ann@example.com");
        var tokens = new ArrayList<>(List.of(
                "",
                ".",
                "..",
                "...",
                "a.b.c",
                " ",
                "\u0000",
                "\ud800",
                "e30.e30.e30",
                good + good,
                good + "\n",
                "Bearer " + good));
        for (int i = 0; i < 400; i++) {
            tokens.add(mutated(good, random));
        }
        for (int i = 0; i < 100; i++) {
            tokens.add(nonsense(random));
        }
        tokens.add("a".repeat(17_000));
        tokens.add(good + "A".repeat(17_000));
        tokens.add(".".repeat(50_000));
        for (var token : tokens) {
            if (token.equals(good)) {
                continue;
            }
            var body = Json.write(Map.of("token", token.replaceAll("[\ud800-\udfff]", "?"), "host", HOST));
            var reply = validator.post("/v1/verdicts", body, "Content-Type", "application/json");
            assertThat(reply.statusCode()).as(token).isEqualTo(200);
            assertThat(Json.readObject(reply.body()))
                    .as(token)
                    .containsEntry("outcome", "refused")
                    .containsEntry("status", 401L);
        }
    }

    /// Signed by the issuer, and yet with a header or claims of any shape.
    @Test
    void signedNonsenseIsRefusedToo() {
        var random = new Random(7);
        var key = issuer.key("rsa-1");
        var values = new String[] {
            "null",
            "1",
            "-1",
            "1e400",
            "1e999999999",
            "true",
            "\"\"",
            "\"x\"",
            "[]",
            "{}",
            "[[[[]]]]",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "0.5",
            "9".repeat(60),
            "{\"a\":{\"b\":[]}}"
        };
        var names = new String[] {"iss", "aud", "exp", "nbf", "iat", "email", "sub", "email_verified", "x"};
        for (int i = 0; i < 300; i++) {
            var claims = new java.util.LinkedHashMap<String, String>();
            issuer.claims("ann@example.com").forEach((name, value) -> claims.put(name, Json.text(value)));
            for (int j = 0; j <= random.nextInt(3); j++) {
                claims.put(names[random.nextInt(names.length)], values[random.nextInt(values.length)]);
            }
            var payload = new StringBuilder();
            claims.forEach((name, value) -> payload.append(payload.isEmpty() ? "{" : ",")
                    .append('"')
                    .append(name)
                    .append("\":")
                    .append(value));
            var token = FakeIdentityProvider.sign(
                    key, FakeIdentityProvider.header(key), payload.append('}').toString());
            var verdict = validator.verdict(token, HOST);
            assertThat(verdict.get("outcome")).as(payload.toString()).isIn("refused", "accepted");
            if ("accepted".equals(verdict.get("outcome"))) {
                assertThat(String.valueOf(verdict.get("userId"))).matches("[\\x21-\\x7e]{1,1024}");
            }
        }
    }

    @Test
    void requestsThatAreNoHttpAreRefused() {
        var good = "{\"token\":\"a\",\"host\":\"b\"}";
        var head = "POST /v1/verdicts HTTP/1.1\r\nHost: v\r\nAuthorization: " + validator.authorization()
                + "\r\nContent-Type: application/json\r\nConnection: close\r\n";
        for (var request : List.of(
                head + "Content-Length: -1\r\n\r\n" + good,
                head + "Content-Length: x\r\n\r\n" + good,
                head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + good,
                head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + good,
                head + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + good,
                head + "Bad Header: x\r\n\r\n",
                head + "X: " + "a".repeat(20_000) + "\r\n\r\n",
                "GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n",
                "GET /v1/verdicts HTTP/9.9\r\nHost: v\r\n\r\n",
                "\0\0\0\0\r\n\r\n")) {
            RawHttp.exchange(validator.port(), request)
                    .ifPresent(reply -> assertThat(reply.status())
                            .as(request.substring(0, Math.min(300, request.length())))
                            .isBetween(400, 499));
        }
    }

    private HttpResponse<String> post(String path, String body) {
        return validator.post(path, body.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
    }

    private static void problem(HttpResponse<String> reply, int status) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/problem+json");
        var json = Json.readObject(reply.body());
        assertThat(json).containsEntry("status", (long) status).containsKeys("error", "type", "title", "detail");
        assertThat(json.get("error")).isEqualTo(json.get("detail"));
    }

    private static String mutated(String token, Random random) {
        var text = new StringBuilder(token);
        for (int i = 0; i <= random.nextInt(3); i++) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(5)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, (char) random.nextInt(0x20, 0x7f));
                case 2 -> text.setCharAt(at, ".-_=+/ \n\0A".charAt(random.nextInt(10)));
                case 3 -> text.setLength(Math.max(1, at));
                default -> text.setCharAt(at, (char) random.nextInt(1, 0xd800));
            }
        }
        return text.toString();
    }

    private static String nonsense(Random random) {
        var bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        var all = new ByteArrayOutputStream();
        all.writeBytes(bytes);
        return all.toString(StandardCharsets.ISO_8859_1);
    }
}
