package dev.behalf.registry.provider;

import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.RawHttp;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Malformed, mistyped, oversized and hostile input: always a 4xx that says what is wrong in our own words, and nothing
/// is stored.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileRequestTest {

    private static final String PATH = "/api/identity-providers";
    private static final List<String> TEXT_MEMBERS =
            List.of("name", "namespace", "host", "issuer", "jwksUri", "userIDClaim");
    private static final List<String> LIST_MEMBERS =
            List.of("audiences", "issuerAliases", "algorithms", "allowedDomains");
    private static final String GOOD = """
            {"name":"p","namespace":"default","spec":{"host":"p.example.com","identityProvider":{\
            "issuer":"https://idp.example.com","jwksUri":"https://idp.example.com/keys","audiences":["a"],\
            "issuerAliases":["b"],"algorithms":["RS256"]},"userIDClaim":"email","allowedDomains":["example.com"]}}""";

    private final RunningRegistry registry = RunningRegistry.start();

    @AfterAll
    void stop() {
        registry.close();
    }

    @AfterEach
    void nothingWasStored() {
        assertThat(registry.get(PATH).body()).isEqualTo("[]");
    }

    @Test
    void theBodyThatTheseAreMadeOfIsGood() {
        assertThat(registry.post(PATH + "?strict=true", GOOD).statusCode()).isEqualTo(201);
        assertThat(registry.delete(PATH + "/p").statusCode()).isEqualTo(200);
    }

    static Stream<String> wrongTypes() {
        var bodies = new ArrayList<String>();
        for (var member : TEXT_MEMBERS) {
            for (var value : List.of("1", "true", "[]", "{}", "[\"x\"]", "\"\"", "\"   \"", "1e400")) {
                bodies.add(with(member, value));
            }
        }
        for (var member : LIST_MEMBERS) {
            for (var value : List.of("1", "false", "{}", "\"x\"", "[1]", "[null]", "[[]]", "[\"\"]", "[\"a\",{}]")) {
                bodies.add(with(member, value));
            }
        }
        for (var member : List.of("spec", "identityProvider")) {
            for (var value : List.of("1", "null", "[]", "\"x\"", "{}", "true")) {
                bodies.add(GOOD.replaceFirst("\"" + member + "\":\\{", "\"" + member + "\":" + value + ",\"_\":{"));
            }
        }
        return bodies.stream();
    }

    @ParameterizedTest
    @MethodSource("wrongTypes")
    void aMemberOfAnotherTypeIsNamed(String body) {
        var reply = registry.post(PATH, body);

        refused(reply, 400);
        assertThat(RunningRegistry.error(reply)).matches("(name|namespace|spec)[A-Za-z.\\[\\]0-9]* (must|is|may) ?.*");
    }

    static Stream<String> notJson() {
        return Stream.of(
                "",
                " ",
                "null",
                "true",
                "1",
                "\"text\"",
                "[]",
                "[" + GOOD + "]",
                "{",
                "}",
                "{]",
                "{'name':'p'}",
                "{name:\"p\"}",
                "{\"name\":\"p\",}",
                "{\"name\" \"p\"}",
                "{\"name\":}",
                "{\"name\":undefined}",
                "{\"name\":NaN}",
                "{\"name\":+1}",
                "{\"name\":01}",
                "{\"name\":0x1}",
                "{\"name\":\"\t\"}",
                "{\"name\":\"\\x\"}",
                "{\"name\":\"\\u12\"}",
                "{\"name\":\"p",
                "/* */" + GOOD,
                GOOD + "//",
                GOOD + GOOD,
                GOOD + ",",
                GOOD + "\u0000",
                "\ufeff" + GOOD,
                "\u0000" + GOOD,
                GOOD.substring(0, GOOD.length() - 1),
                GOOD.replace("{\"name\":\"p\"", "{\"name\":\"p\",\"name\":\"q\""),
                GOOD.replace("\"host\"", "\"host\":\"q.example.com\",\"host\""),
                GOOD.replace("\"issuer\"", "\"issuer\":\"https://evil.example.com\",\"\\u0069ssuer\""),
                GOOD.replace("{\"name\"", "{\"x\":{\"a\":1,\"a\":2},\"name\""),
                "{\"x\":" + "[".repeat(40) + "]".repeat(40) + "," + GOOD.substring(1),
                "{\"x\":" + "[".repeat(30_000),
                "{\"x\":" + "{\"x\":".repeat(10_000),
                "{\"x\":" + "9".repeat(50_000) + "}",
                "{\"x\":1e999999999," + GOOD.substring(1).replace("}}", "}}x"),
                "name=p&spec=x",
                "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
                "--- !!javax.script.ScriptEngineManager []",
                "PK\u0003\u0004");
    }

    @ParameterizedTest
    @MethodSource("notJson")
    void whatIsNotOneJsonObjectIsRefused(String body) {
        refused(registry.post(PATH, body), 400);
    }

    static Stream<byte[]> notUtf8() {
        var latin1 = with("userIDClaim", "\"é\"").getBytes(StandardCharsets.ISO_8859_1);
        var overlong = with("userIDClaim", "\"\u00c0\u00af\"").getBytes(StandardCharsets.ISO_8859_1);
        var surrogate = with("userIDClaim", "\"\u00ed\u00a0\u0080\"").getBytes(StandardCharsets.ISO_8859_1);
        return Stream.of(
                latin1,
                overlong,
                surrogate,
                GOOD.getBytes(StandardCharsets.UTF_16),
                GOOD.getBytes(StandardCharsets.UTF_16LE),
                new byte[] {0, 1, 2, 3},
                new byte[] {(byte) 0xff, (byte) 0xfe},
                new byte[] {(byte) 0x1f, (byte) 0x8b, 8, 0});
    }

    @ParameterizedTest
    @MethodSource("notUtf8")
    void whatIsNotUtf8IsRefused(byte[] body) {
        refused(
                registry.send(registry.request(PATH)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))),
                400);
    }

    static Stream<String> hostileValues() {
        var bodies = new ArrayList<String>();
        for (var member : TEXT_MEMBERS) {
            for (var value : List.of(
                    "a\u0000b", "a\nb", "a\r\nX-Evil: 1", "a\u001bb", "a\u007fb", "a\u202eb", "a\u200bb", "a\ufeffb")) {
                bodies.add(with(member, Json.text(value)));
            }
            bodies.add(with(member, "\"a\\ud800b\""));
            bodies.add(with(member, "\"a\\udc00\\ud800b\""));
            bodies.add(with(member, Json.text("a".repeat(5_000))));
        }
        for (var member : LIST_MEMBERS) {
            bodies.add(with(member, "[\"a\\u0000\"]"));
            bodies.add(with(member, "[\"\\udfff\"]"));
            bodies.add(with(member, Json.text(List.of("a".repeat(5_000)))));
            bodies.add(with(
                    member,
                    Json.text(IntStream.range(0, 60).mapToObj(i -> "a" + i).toList())));
        }
        for (var host : List.of(
                "https://p.example.com",
                "p.example.com/",
                "p.example.com:443",
                "p..example.com",
                ".p.example.com",
                "*.example.com",
                "p_q.example.com",
                "-p.example.com",
                "p-.example.com",
                "p example.com",
                "[::1]",
                "p@q",
                "p.example.com\\",
                "p%2e",
                "a".repeat(64) + ".com",
                "a.".repeat(130) + "com",
                ".",
                "..")) {
            bodies.add(with("host", Json.text(host)));
        }
        for (var issuer : List.of(
                "accounts.google.com",
                "//accounts.google.com",
                "https://",
                "https:///a",
                "https:a",
                "javascript:alert(1)",
                "http://accounts.google.com",
                "ftp://accounts.google.com",
                "urn:x",
                "https://a@b.example.com",
                "https://a.example.com#b",
                "https://a.example.com/ b",
                "https://ä.example.com",
                "https://a.example.com/\u00e9",
                "https://[::1",
                "https://a.example.com/%zz")) {
            bodies.add(with("issuer", Json.text(issuer)));
        }
        for (var algorithm : List.of(
                "none", "None", "HS256", "HS512", "RS1", "rs256", "ES256K", "RSA-OAEP", "PBES2-HS256+A128KW", "*")) {
            bodies.add(with("algorithms", Json.text(List.of("RS256", algorithm))));
        }
        return bodies.stream();
    }

    @ParameterizedTest
    @MethodSource("hostileValues")
    void aValueThatCannotBeIsNamedAndNotQuoted(String body) {
        var reply = registry.post(PATH, body);

        refused(reply, 400);
        assertThat(RunningRegistry.error(reply))
                .matches("(name|namespace|spec)[A-Za-z.\\[\\]0-9]* (must|is|may|holds) .*");
        assertThat(reply.body())
                .doesNotContain("X-Evil")
                .doesNotContain("aaaaaaaa")
                .doesNotContain("HS256");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/identity-providers/%00",
                "/api/identity-providers/a%00b",
                "/api/identity-providers/%c0%af",
                "/api/identity-providers/%ff",
                "/api/identity-providers/..%2f..%2fetc%2fpasswd",
                "/api/identity-providers/a%2Fb",
                "/api/identity-providers/a%0d%0aX-Evil:%201",
                "/api/identity-providers/%22%3E%3Cscript%3E",
                "/api/identity-providers/';DROP%20TABLE%20identity_provider;--",
                "/api/identity-providers/%",
                "/api/identity-providers/%zz",
                "/api/identity-providers/$%7Bjndi:ldap://x%7D",
                "/api/identity-providers/a;b=c",
                "/api/identity-providers/a/b",
                "/api/identity-providers/../identity-providers/x",
                "/api/identity-providers//x",
                "//api/identity-providers/x",
                "/api/./identity-providers/x",
                "/api/identity-providers/a/status/b",
                "/api/identity-providers/x/status",
                "/api/identity-providers/%00/status",
                "/api/v1/workspaces/%00/identity-providers",
                "/api/v1/workspaces/a%2Fb/identity-providers/x",
                "/api/v1/workspaces/-/identity-providers/x",
                "/api/v1/workspaces//identity-providers/x",
                "/api/v1/workspaces/identity-providers/x",
                "/api/v2/identity-providers",
                "/API/identity-providers",
                "/api/identity-providers?namespace=%00",
                "/api/identity-providers?namespace=a%2Fb",
                "/api/identity-providers?host=%00",
                "/api/identity-providers?host=a:1",
                "/api/identity-providers?issuer=%00",
                "/api/identity-providers/x?namespace=%00",
                "/api/identity-providers/x?namespace=",
                "/api/identity-providers/x?namespace=%ff",
                "/internal",
                "/internal/identity-providers/x",
                "/health",
                "/prometheus",
                "/env",
                "/beans",
                "/",
            })
    void aPathThatLeadsNowhereIsA4xx(String path) {
        for (var method : List.of("GET", "DELETE")) {
            var reply = raw(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                    + registry.authorization() + "\r\nConnection: close\r\n\r\n");

            assertThat(reply.status()).as(method).isBetween(400, 499);
            ownWords(reply.body());
            assertThat(reply.header("X-Evil")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/identity-providers HTTP/1.1\r\n\r\n",
                "GET /api/identity-providers HTTP/9.9\r\nHost: localhost\r\n\r\n",
                "GET  /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "G\u0000T /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "POST /api/identity-providers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: abc\r\n\r\n{}",
                "POST /api/identity-providers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{}",
                "POST /api/identity-providers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "TRACE /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "BREW /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n\r\n",
            })
    void aBrokenRequestIsRefusedOrCutOff(String request) {
        try (var connection = RawHttp.connect(registry.port())) {
            connection.send(request);
            connection.shutdownOutput();
            connection.read().ifPresent(reply -> {
                assertThat(reply.status()).isBetween(400, 499);
                ownWords(reply.body());
            });
        }
    }

    @Test
    void aChunkedBodyIsBoundedToo() {
        try (var connection = RawHttp.connect(registry.port())) {
            connection.send("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Authorization: " + registry.authorization() + "\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                connection.send("1000\r\n" + " ".repeat(0x1000) + "\r\n");
            }
            connection.send("0\r\n\r\n");

            assertThat(connection.read().orElseThrow().status()).isEqualTo(413);
        }
    }

    @Test
    void aRefusedPreconditionOrQueryChangesNothing() {
        for (var path : List.of("?dryRun=yes", "?strict=1", "?dryRun=true,false")) {
            refused(registry.post(PATH + path, provider("p")), 400);
        }
        refused(registry.post(PATH, provider("p"), "If-Match", "\"1\""), 412);
        refused(registry.post(PATH, provider("p"), "If-Match", "nonsense"), 412);
        refused(registry.delete(PATH + "/p?dryRun=perhaps"), 400);
    }

    @Test
    void headAndOptionsAreHarmless() {
        for (var path : List.of(PATH, PATH + "/x", "/api/identity-provider-events", "/internal/identity-providers")) {
            for (var method : List.of("HEAD", "OPTIONS")) {
                var reply = registry.send(registry.request(path).method(method, HttpRequest.BodyPublishers.noBody()));

                assertThat(reply.statusCode()).as(method + " " + path).isLessThan(500);
                assertThat(reply.body()).doesNotContain("Exception");
            }
        }
    }

    private static void refused(HttpResponse<String> reply, int status) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(RunningRegistry.header(reply, "Content-Type")).isEqualTo("application/problem+json");
        ownWords(reply.body());
    }

    private static void ownWords(String body) {
        assertThat(body)
                .doesNotContainIgnoringCase("exception")
                .doesNotContain("micronaut")
                .doesNotContain("jackson")
                .doesNotContain("netty")
                .doesNotContain("java.")
                .doesNotContain("R2dbc")
                .doesNotContain("SQL")
                .doesNotContain("\tat ");
    }

    private RawHttp.Response raw(String request) {
        return RawHttp.exchange(registry.port(), request).orElseThrow();
    }

    /// The good body with that member's value in place of its own.
    private static String with(String member, String value) {
        var replaced = GOOD.replaceFirst(
                "\"" + member + "\":(\"[^\"]*\"|\\[[^]]*])",
                java.util.regex.Matcher.quoteReplacement("\"" + member + "\":" + value));
        assertThat(replaced).isNotEqualTo(GOOD);
        return replaced;
    }
}
