package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What holds for every route, whoever the user is: seen on an open route, so that nothing but the gateway is needed.
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class OnTheWireTest {

    private final RecordingUpstream upstream = new RecordingUpstream();

    private final TestGateway gateway = TestGateway.start(
            "routes:\n" + TestGateway.route("open.example", upstream.url(), "access: open"), Map.of());
    private final int port = gateway.port();

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
    }

    @BeforeEach
    void plain() {
        upstream.clear();
        upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "", "+1", "-1", "0x1", "1,1", "1 1", "99999999999999999999"})
    void aContentLengthThatIsNoNumberIs400(String length) {
        var reply = RawHttp.exchange(
                        port, "POST / HTTP/1.1\r\nHost: open.example\r\nContent-Length: " + length + "\r\n\r\nx")
                .orElseThrow();

        assertThat(reply.status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\n c\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\n\tc\r\n\r\n",
                "\r\n\r\nGET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\n c\r\n\r\n",
            })
    void aFoldedHeaderLineIs400(String request) {
        assertThat(RawHttp.exchange(port, request).orElseThrow().status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aFoldedHeaderLineIs400InAPipelinedRequestToo() {
        try (var client = RawHttp.connect(port)) {
            client.send("GET /1 HTTP/1.1\r\nHost: open.example\r\n\r\n"
                    + "GET /2 HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\n c\r\n\r\n");

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            assertThat(client.read().orElseThrow().status()).isEqualTo(400);
        }
        assertThat(upstream.take().requestLine()).isEqualTo("GET /1 HTTP/1.1");
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\na\n \r\n0\r\n\r\n"})
    void aFoldedHeaderLineIs400AfterABodyToo(String rest) {
        try (var client = RawHttp.connect(port)) {
            client.send("POST /1 HTTP/1.1\r\nHost: open.example\r\n" + rest
                    + "GET /2 HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\n c\r\n\r\n");

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            assertThat(client.read().orElseThrow().status()).isEqualTo(400);
        }
        assertThat(upstream.take().requestLine()).isEqualTo("POST /1 HTTP/1.1");
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aFoldedHeaderLineIs400WhereverThePacketsAreCut() {
        var request = "GET / HTTP/1.1\r\nHost: open.example\r\nX-A: b\r\n c\r\n\r\n";
        for (int cut = 1; cut < request.length(); cut++) {
            try (var client = RawHttp.connect(port)) {
                client.send(request.substring(0, cut));
                client.send(request.substring(cut));
                assertThat(client.read().orElseThrow().status())
                        .as("cut at %d", cut)
                        .isEqualTo(400);
            }
        }
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GET  / HTTP/1.1", "GET\t/ HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / x HTTP/1.1"})
    void aRequestLineWithOtherWhiteSpaceIs400(String line) {
        var reply =
                RawHttp.exchange(port, line + "\r\nHost: open.example\r\n\r\n").orElseThrow();

        assertThat(reply.status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-End-User-ID",
                "x-end-user-id",
                "X_End_User_ID",
                "x.end.user.id",
                "X-End_User-ID",
                "X~End~User~ID",
                "Txn-Token",
                "txn_token",
                "X-Agent-ID",
                "Forwarded",
                "X-Forwarded-User",
                "X-Forwarded-Anything",
                "X_Forwarded_Anything",
                "X-Original-URL",
                "X-Original-Anything",
                "X-Rewrite-URL",
                "X-HTTP-Method-Override",
                "X-Real-IP",
                "Proxy-Authorization",
                "Keep-Alive",
                "TE",
                "Any_Name",
            })
    void anUpstreamNeverSeesFromAClient(String name) {
        var reply = RawHttp.exchange(
                        port, "GET / HTTP/1.1\r\nHost: open.example\r\n" + name + ": forged\r\nX-Own: kept\r\n\r\n")
                .orElseThrow();

        assertThat(reply.status()).isEqualTo(200);
        var received = upstream.take();
        assertThat(received.headers()).noneMatch(line -> line.contains("forged"));
        assertThat(received.all("X-Own")).containsExactly("kept");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"X-End-User-ID", "x_end_user_id", "Txn-Token", "Forwarded", "Host", "Content-Length", "Cookie"})
    void aConnectionHeaderThatNamesWhatTheGatewayVouchesForIs400(String name) {
        var reply = RawHttp.exchange(
                        port, "GET / HTTP/1.1\r\nHost: open.example\r\nConnection: close, " + name + "\r\n\r\n")
                .orElseThrow();

        assertThat(reply.status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrderHeadAmongThem() {
        upstream.answer((request, _, out) -> {
            var path = request.requestLine().split(" ")[1];
            RecordingUpstream.write(
                    out,
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Path: " + path + "\r\n\r\n"
                            + (request.requestLine().startsWith("HEAD") ? "" : path));
            return true;
        });
        try (var client = RawHttp.connect(port)) {
            client.send("POST /1 HTTP/1.1\r\nHost: open.example\r\nContent-Length: 3\r\n\r\nabc"
                    + "HEAD /2 HTTP/1.1\r\nHost: open.example\r\n\r\n"
                    + "GET /3 HTTP/1.1\r\nHost: open.example\r\n\r\n");

            assertThat(client.read().orElseThrow().body()).isEqualTo("/1");
            assertThat(client.read(false).orElseThrow().header("X-Path")).contains("/2");
            assertThat(client.read().orElseThrow().body()).isEqualTo("/3");
        }
    }

    @Test
    void theUpstreamIsCancelledAtOnceWhenTheClientOfASilentStreamLeaves() throws InterruptedException {
        var left = new CountDownLatch(1);
        upstream.answer((_, in, out) -> {
            RecordingUpstream.write(
                    out,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "9\r\ndata: 1\n\n\r\n");
            try {
                if (in.read() < 0) {
                    left.countDown();
                }
            } catch (IOException e) {
                left.countDown();
            }
            return false;
        });
        try (var client = RawHttp.connect(port)) {
            client.send("GET /events HTTP/1.1\r\nHost: open.example\r\n\r\n");
            assertThat(client.readSome()).contains("200 OK");
        }
        assertThat(left.await(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aClientThatSpeaksBeforeTheSwitchToAWebSocketIsCutOff() {
        upstream.answer((_, in, out) -> {
            RecordingUpstream.write(
                    out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            return in.read() >= 0;
        });
        try (var client = RawHttp.connect(port)) {
            client.send("GET /ws HTTP/1.1\r\nHost: open.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                    + "GET /smuggled HTTP/1.1\r\nHost: open.example\r\n\r\n");
            assertThat(client.readSome()).doesNotContain(" 101 ");
        }
        Eventually.holds("the upstream connection is dropped", () -> upstream.openConnections() == 0);
        assertThat(upstream.take().requestLine()).isEqualTo("GET /ws HTTP/1.1");
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 4\r\n\r\nbody", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"})
    void aRequestWithABodyIsNoWebSocket(String rest) {
        var reply = RawHttp.exchange(
                        port,
                        "GET /ws HTTP/1.1\r\nHost: open.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                + rest)
                .orElseThrow();

        assertThat(reply.status()).isEqualTo(200);
        assertThat(upstream.take().names()).doesNotContain("upgrade", "connection");
    }

    @Test
    void aWebSocketCarriesBytesBothWaysAndEndsWithItsClient() throws InterruptedException {
        var ended = new CountDownLatch(1);
        upstream.answer((_, in, out) -> {
            RecordingUpstream.write(
                    out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
            var five = new String(in.readNBytes(5), java.nio.charset.StandardCharsets.US_ASCII);
            RecordingUpstream.write(out, five.toUpperCase(java.util.Locale.ROOT));
            if (in.read() < 0) {
                ended.countDown();
            }
            return false;
        });
        try (var client = RawHttp.connect(port)) {
            client.send("GET /ws HTTP/1.1\r\nHost: open.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
            var seen = new StringBuilder();
            while (!seen.toString().endsWith("hello")) {
                seen.append(client.readSome());
            }
            assertThat(seen).startsWith("HTTP/1.1 101 ");
            client.send("abcde");
            assertThat(client.readSome()).isEqualTo("ABCDE");
        }
        assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
    }
}
