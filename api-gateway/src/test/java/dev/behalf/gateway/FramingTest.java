package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where a request begins and ends, and what belongs to it: no two readers may differ about it.
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class FramingTest {

    private static final String HOST = "Host: open.example\r\n";

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes:\n"
                    + TestGateway.route("open.example", upstream.url(), "access: open")
                    + TestGateway.route("small.example", upstream.url(), "access: open, limits: {body: 10}"),
            Map.of());

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
    }

    @BeforeEach
    void plain() {
        Eventually.holds(
                "the last test's connections are done with", () -> gateway.gauge("behalf.gateway.connections") == 0);
        upstream.clear();
        upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding: gzip, chunked\r\n",
                "Transfer-Encoding: chunked, gzip\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: identity\r\n",
                "Transfer-Encoding: chunked;q=1\r\n",
                "Transfer-Encoding: \"chunked\"\r\n",
                "Transfer-Encoding:\r\n",
                "Transfer-Encoding: \u000bchunked\r\n",
                "Transfer-Encoding : chunked\r\n",
                "Transfer-Encoding\t: chunked\r\n",
                "Transfer_Encoding: chunked\r\nTransfer-Encoding: x\r\n",
                "Content-Length: 4\r\nContent-Length: 4\r\n",
                "Content-Length: 4\r\nContent-Length: 5\r\n",
                "Content-Length: 4, 4\r\n",
                "Content-Length : 4\r\n",
                "Content-Length: 4\u000b\r\n",
                "Content-Length: 0x4\r\n",
                "Content-Length: 4_0\r\n",
                "Content-Length: \u0661\r\n",
            })
    void aBodyWhoseEndIsUnclearIsRefusedAndNothingAfterItIsRead(String headers) {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("POST /a HTTP/1.1\r\n" + HOST + headers + "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" + HOST
                    + "\r\n");

            assertThat(client.read().orElseThrow().status()).isIn(400, 501);
            assertThat(client.isClosedByPeer()).isTrue();
        }
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.0\r\nHost: open.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET / HTTP/1.1\nHost: open.example\n\n",
                "GET / HTTP/1.1\r\nHost: open.example\nX-A: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\rX-End-User-ID: eve\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\u0000c\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\u0001c\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\u007fc\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX\u0000A: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX A: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A : b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX(A): b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-\u00e4: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\n: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\n Host: open.example\r\n\r\n",
                "\u0000GET / HTTP/1.1\r\nHost: open.example\r\n\r\n",
                "\u001fGET / HTTP/1.1\r\nHost: open.example\r\n\r\n",
                "GET /\u0000 HTTP/1.1\r\nHost: open.example\r\n\r\n",
                "GET / HTTP/1.1\u0000\r\nHost: open.example\r\n\r\n",
                "GET / HTPP/1.1\r\nHost: open.example\r\n\r\n",
                "GET / http/1.1\r\nHost: open.example\r\n\r\n",
                "GET / HTTP/11\r\nHost: open.example\r\n\r\n",
                "GET /\r\n\r\n",
                "get / HTTP/1.1\r\nHost: open.example\r\n\r\n",
                "G\u00cbT / HTTP/1.1\r\nHost: open.example\r\n\r\n",
                "ANEXTREMELYLONGMETHODNAME / HTTP/1.1\r\nHost: open.example\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-RunAgents-API-Key: a\r\nx-runagents-api-key: a\r\n\r\n",
            })
    void aHeadThatIsNotWellFormedIs400(String request) {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(request);

            assertThat(client.read().orElseThrow().status()).isEqualTo(400);
            assertThat(client.isClosedByPeer()).isTrue();
        }
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/2.0", "HTTP/1.2", "HTTP/3.0", "HTTP/0.9"})
    void anotherVersionOfHttpIs505(String version) {
        assertThat(gateway.send("GET / " + version + "\r\n" + HOST + "\r\n").status())
                .isEqualTo(505);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void thePrefaceOfHttp2EndsTheConnection() {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

            assertThat(client.read().orElseThrow().status()).isEqualTo(505);
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "xyz\r\nabc\r\n0\r\n\r\n",
                "-1\r\na\r\n0\r\n\r\n",
                "+1\r\na\r\n0\r\n\r\n",
                "0x1\r\na\r\n0\r\n\r\n",
                "\r\n0\r\n\r\n",
                "FFFFFFFFFFFFFFFFF\r\na\r\n",
                "80000000\r\na\r\n",
                "1\na\n0\n\n",
                "1\r\nab\r\n0\r\n\r\n",
                "1\r\na0\r\n\r\n",
                "1;x\ry\r\na\r\n0\r\n\r\n",
                "1;x\n\r\na\r\n0\r\n\r\n",
                "0\r\nX A: b\r\n\r\n",
                "0\r\nno colon\r\n\r\n",
            })
    void aBrokenChunkIs400AndTheUpstreamSeesNoWholeRequest(String body) {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + body
                    + "GET /smuggled HTTP/1.1\r\n" + HOST + "\r\n");

            assertThat(client.read().orElseThrow().status()).isEqualTo(400);
            assertThat(client.isClosedByPeer()).isTrue();
        }
        Eventually.holds("the upstream connection is dropped", () -> upstream.openConnections() == 0);
        while (upstream.pending() > 0) {
            var received = upstream.take();
            assertThat(received.complete()).as(received.requestLine()).isFalse();
        }
    }

    @Test
    void chunkExtensionsAndTrailersEndAtTheGateway() {
        var reply = gateway.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n"
                + "Trailer: X-End-User-ID\r\n\r\n3;name=\"value\"\r\nabc\r\n2;x\r\nde\r\n"
                + "0;last\r\nX-End-User-ID: eve\r\nX-Checksum: 1\r\nContent-Length: 9\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        var received = upstream.take();
        assertThat(new String(received.body(), StandardCharsets.US_ASCII)).isEqualTo("abcde");
        assertThat(received.trailers()).isEmpty();
        assertThat(received.names()).doesNotContain("trailer", "x-end-user-id", "content-length");
    }

    @Test
    void aRequestInTheBodyOfAnotherIsPartOfThatBody() {
        var inner = "GET /inner HTTP/1.1\r\nHost: open.example\r\n\r\n";
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("POST /outer HTTP/1.1\r\n" + HOST + "Content-Length: " + inner.length() + "\r\n\r\n" + inner
                    + "GET /next HTTP/1.1\r\n" + HOST + "\r\n");

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
        }
        assertThat(new String(upstream.take().body(), StandardCharsets.US_ASCII))
                .isEqualTo(inner);
        assertThat(upstream.take().requestLine()).isEqualTo("GET /next HTTP/1.1");
    }

    @Test
    void aBodyOnGetIsFramedForTheUpstreamToo() {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("GET /1 HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\n\r\nhello");
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
        }
        var received = upstream.take();
        assertThat(received.all("Content-Length")).containsExactly("5");
        assertThat(new String(received.body(), StandardCharsets.US_ASCII)).isEqualTo("hello");
    }

    @Test
    void theGatewayAnswersAnExpectationItself() {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
            assertThat(client.read().orElseThrow().status()).isEqualTo(100);
            client.send("hello");
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
        }
        var received = upstream.take();
        assertThat(received.names()).doesNotContain("expect");
        assertThat(new String(received.body(), StandardCharsets.US_ASCII)).isEqualTo("hello");
    }

    @Test
    void aRequestThatIsRefusedIsNotToldToContinue() {
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\nHost: small.example\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");

            assertThat(client.read().orElseThrow().status()).isEqualTo(413);
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void aClientOfHttp10IsNeverSentAnInterimResponse() {
        var reply =
                gateway.send("POST / HTTP/1.0\r\n" + HOST + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");

        assertThat(reply.status()).isEqualTo(200);
    }

    @Test
    void anExpectationThatIsNotKnownIs417() {
        assertThat(gateway.send("GET / HTTP/1.1\r\n" + HOST + "Expect: 200-ok\r\n\r\n")
                        .status())
                .isEqualTo(417);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "TRACK", "CONNECT"})
    void aMethodThatMirrorsOrTunnelsIs405(String method) {
        var reply = gateway.send(method + " / HTTP/1.1\r\n" + HOST + "\r\n");

        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.header("Allow")).isPresent();
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PATCH", "DELETE", "OPTIONS", "PROPFIND", "M-SEARCH"})
    void anyOtherMethodIsTheUpstreamsBusiness(String method) {
        assertThat(gateway.send(method + " / HTTP/1.1\r\n" + HOST + "\r\n").status())
                .isEqualTo(200);
        assertThat(upstream.take().requestLine()).isEqualTo(method + " / HTTP/1.1");
    }

    @Test
    void aTargetThatIsTooLongIs414() {
        assertThat(gateway.send("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n" + HOST + "\r\n")
                        .status())
                .isEqualTo(414);
    }

    @Test
    void headersThatAreTooLargeAre431() {
        assertThat(gateway.send("GET / HTTP/1.1\r\n" + HOST + "X-A: " + "a".repeat(40_000) + "\r\n\r\n")
                        .status())
                .isEqualTo(431);
    }

    @Test
    void headersThatAreTooManyAre431() {
        var fits = "GET / HTTP/1.1\r\n" + HOST + "X-A: b\r\n".repeat(150) + "\r\n";
        var many = "GET / HTTP/1.1\r\n" + HOST + "X-A: b\r\n".repeat(250) + "\r\n";

        assertThat(gateway.send(fits).status()).isEqualTo(200);
        assertThat(gateway.send(many).status()).isEqualTo(431);
        assertThat(upstream.take().all("X-A")).hasSize(150);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void trailersThatAreTooLargeAreRefused() {
        var reply = gateway.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: "
                + "a".repeat(40_000) + "\r\n\r\n");

        assertThat(reply.status()).isIn(400, 431);
    }

    @Test
    void aConnectionOfHttp10EndsWithItsAnswer() {
        upstream.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("GET / HTTP/1.0\r\n" + HOST + "\r\n");
            var reply = client.read().orElseThrow();

            assertThat(reply.body()).isEqualTo("hello");
            assertThat(reply.all("Transfer-Encoding")).isEmpty();
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void aConnectionOfHttp10GoesOnWhenItsClientAsksForIt() {
        try (var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n\r\n");
                assertThat(client.read().orElseThrow().header("Connection")).contains("keep-alive");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"close, keep-alive", "keep-alive, close", "keep-alive\r\nConnection: close"})
    void closeWinsOverKeepAlive(String connection) {
        for (var version : new String[] {"1.0", "1.1"}) {
            try (var client = RawHttp.connect(gateway.port())) {
                client.send("GET / HTTP/" + version + "\r\n" + HOST + "Connection: " + connection + "\r\n\r\n");

                assertThat(client.read().orElseThrow().header("Connection")).contains("close");
                assertThat(client.isClosedByPeer()).isTrue();
            }
        }
    }

    @Test
    void aRequestOfHttp10WithoutHostIs400() {
        assertThat(gateway.send("GET / HTTP/1.0\r\n\r\n").status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
                "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n",
                "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
                "Upgrade: websocket\r\n",
            })
    void anUpgradeThatIsNoWebSocketIsAnOrdinaryRequest(String headers) {
        assertThat(gateway.send("GET / HTTP/1.1\r\n" + HOST + headers + "\r\n").status())
                .isEqualTo(200);
        assertThat(upstream.take().names()).doesNotContain("upgrade", "http2-settings", "connection");
    }

    @Test
    void whatAConnectionHeaderNamesEndsHere() {
        assertThat(gateway.send(
                                "GET / HTTP/1.1\r\n" + HOST
                                        + "Connection: X-Hop\r\nConnection: close, x-second\r\nX-Hop: 1\r\nX-Second: 2\r\nX-Kept: 3\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(upstream.take().names()).contains("x-kept").doesNotContain("x-hop", "x-second", "connection");
    }

    @Test
    void aRowOfPipelinedRequestsIsAnsweredInItsOrder() {
        upstream.answer((request, _, out) -> {
            var path = request.requestLine().split(" ")[1];
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + path.length() + "\r\n\r\n" + path);
            return true;
        });
        var requests = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            requests.append("GET /")
                    .append(i)
                    .append(" HTTP/1.1\r\n")
                    .append(HOST)
                    .append("\r\n");
        }
        try (var client = RawHttp.connect(gateway.port())) {
            Thread.ofVirtual().start(() -> client.send(requests.toString()));
            for (int i = 0; i < 500; i++) {
                assertThat(client.read().orElseThrow().body()).isEqualTo("/" + i);
            }
        }
    }

    @Test
    void aRequestIsTheSameHoweverItIsCutIntoPackets() {
        var request = "POST /cut?x=1 HTTP/1.1\r\n" + HOST + "Content-Length: 4\r\nX-A: b\r\n\r\nbody";
        for (int cut = 1; cut < request.length(); cut += 3) {
            try (var client = RawHttp.connect(gateway.port())) {
                client.send(request.substring(0, cut));
                client.send(request.substring(cut));
                assertThat(client.read().orElseThrow().status())
                        .as("cut at %d", cut)
                        .isEqualTo(200);
            }
            var received = upstream.take();
            assertThat(received.requestLine()).isEqualTo("POST /cut?x=1 HTTP/1.1");
            assertThat(new String(received.body(), StandardCharsets.US_ASCII)).isEqualTo("body");
        }
    }
}
