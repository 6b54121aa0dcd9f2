package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RawUpstream;
import dev.behalf.testkit.RecordingUpstream;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Upstreams that misbehave: their client gets 502 or 504 or a response that is seen to be cut, and no other client
/// gets anything of it.
@Timeout(90)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class UpstreamFaultTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: open.example\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes:\n"
                    + TestGateway.route("open.example", upstream.url(), "access: open")
                    + TestGateway.route("nobody.example", "http://127.0.0.1:" + closedPort(), "access: open")
                    + TestGateway.route("nowhere.example", "http://no-such-host.invalid", "access: open")
                    + TestGateway.route(
                            "slow.example", upstream.url(), "access: open, timeouts: {response: 300ms, idle: 300ms}"),
            Map.of());

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.clear();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "garbage\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 42 Odd\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 -200 Odd\r\nContent-Length: 0\r\n\r\n",
                "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: a\u0000b\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-A: b\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
            })
    void aResponseThatIsNoneIs502AndTheClientsConnectionGoesOn(String bytes) {
        try (var client = RawHttp.connect(gateway.port())) {
            upstream.answer((_, _, out) -> {
                RecordingUpstream.write(out, bytes);
                return false;
            });
            client.send(GET);
            assertThat(client.read().orElseThrow().status()).isEqualTo(502);

            upstream.answer(OK);
            client.send(GET);
            assertThat(client.read().orElseThrow().body()).isEqualTo("ok");
        }
    }

    @Test
    void endlessHeadersAre502() {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\n");
            while (true) {
                RecordingUpstream.write(out, "X-A: " + "a".repeat(1000) + "\r\n");
            }
        });
        assertThat(gateway.send(GET).status()).isEqualTo(502);
    }

    @Test
    void anEndlessStatusLineIs502() {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 ");
            while (true) {
                RecordingUpstream.write(out, "a".repeat(1000));
            }
        });
        assertThat(gateway.send(GET).status()).isEqualTo(502);
    }

    @Test
    void anUpstreamThatCannotBeReachedIs502() {
        assertThat(gateway.send("GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n")
                        .status())
                .isEqualTo(502);
        assertThat(gateway.send("POST / HTTP/1.1\r\nHost: nowhere.example\r\nContent-Length: 4\r\n\r\nbody")
                        .status())
                .isEqualTo(502);
    }

    @Test
    void anUpstreamThatDoesNotAnswerIs504() {
        upstream.answer((_, in, _) -> in.read() >= 0);

        assertThat(gateway.send("GET / HTTP/1.1\r\nHost: slow.example\r\n\r\n").status())
                .isEqualTo(504);
        Eventually.holds("the upstream connection is dropped", () -> upstream.openConnections() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-A: b\r\n", "HTTP/1.1 102 Processing\r\n\r\n"})
    void anUpstreamThatNeverComesToThePointIs504(String drop) {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, drop.startsWith("HTTP") ? "" : "HTTP/1.1 200 OK\r\n");
            while (true) {
                RecordingUpstream.write(out, drop);
                Thread.sleep(50); // how slow this upstream is
            }
        });
        assertThat(gateway.send("GET / HTTP/1.1\r\nHost: slow.example\r\n\r\n").status())
                .isEqualTo(504);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 10\r\n\r\nhello",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
            })
    void aBodyThatIsCutIsSeenToBeCut(String rest) {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\n" + rest);
            return false;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(GET);
            var seen = new StringBuilder();
            for (var some = client.readSome(); !some.isEmpty(); some = client.readSome()) {
                seen.append(some);
            }
            assertThat(seen.toString()).doesNotEndWith("\r\n0\r\n\r\n").doesNotContain("hellohello");
        }
    }

    @Test
    void aBodyThatStopsInTheMiddleEndsTheConnection() {
        upstream.answer((_, in, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            return in.read() >= 0;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("GET / HTTP/1.1\r\nHost: slow.example\r\n\r\n");
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void interimResponsesEndAtTheGateway() {
        upstream.answer(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-End-User-ID: x\r\n\r\n" + OK);
        try (var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 2; i++) {
                client.send(GET);
                var reply = client.read().orElseThrow();
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.body()).isEqualTo("ok");
                assertThat(reply.all("Link")).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET|HTTP/1.1 204 No Content\r\n\r\n",
                "GET|HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody",
                "GET|HTTP/1.1 304 Not Modified\r\n\r\n",
                "GET|HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody",
                "HEAD|HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
                "GET|HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "GET|HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            })
    void whatAnUpstreamSaysBeyondItsResponseIsNobodysAnswer(String methodAndResponse) {
        var method = methodAndResponse.split("\\|")[0];
        var response = methodAndResponse.split("\\|")[1];
        var first = new AtomicBoolean(true);
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(
                    out, first.getAndSet(false) ? response + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged" : OK);
            return true;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(method + " /1 HTTP/1.1\r\nHost: open.example\r\n\r\n");
            assertThat(client.read(method.equals("GET")).orElseThrow().status())
                    .isEqualTo(Integer.parseInt(response.substring(9, 12)));
            client.send("POST /2 HTTP/1.1\r\nHost: open.example\r\nContent-Length: 1\r\n\r\nx");
            assertThat(client.read().orElseThrow().body()).isEqualTo("ok");
        }
    }

    @Test
    void aConnectionOnWhichTheUpstreamSpeaksUnaskedIsNotUsedAgain() {
        var dropped = new AtomicInteger();
        try (var talkative = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(out, OK);
                    RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
                    if (RawUpstream.readHead(in).isEmpty()) {
                        dropped.incrementAndGet();
                    }
                });
                var own = TestGateway.start(
                        "routes:\n" + TestGateway.route("open.example", talkative.url(), "access: open"), Map.of());
                var client = RawHttp.connect(own.port())) {
            for (int i = 1; i <= 5; i++) {
                client.send("GET / HTTP/1.1\r\nHost: open.example\r\n\r\n");
                assertThat(client.read().orElseThrow().body()).isEqualTo("ok");
                int so = i;
                Eventually.holds("the connection is dropped", () -> dropped.get() == so);
            }
        }
    }

    @Test
    void aResponsesHeaderLosesTheSpaceBeforeItsColon() {
        upstream.answer("HTTP/1.1 200 OK\r\nX-A : b\r\nX_B: c\r\nContent-Length: 2\r\n\r\nok");

        assertThat(gateway.send(GET).headers()).contains("X-A: b", "X_B: c");
    }

    @Test
    void aResponseWithoutLengthEndsWithTheUpstreamsConnection() {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
            return false;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 2; i++) {
                client.send(GET);
                assertThat(client.read().orElseThrow().body()).isEqualTo("until the end");
            }
        }
    }

    @Test
    void whatIsInternalDoesNotLeaveWithTheResponse() {
        upstream.answer(
                "HTTP/1.1 200 OK\r\nX-End-User-ID: ann\r\nTxn-Token: t\r\nX_End_User_ID: ann\r\nKeep-Alive: timeout=5\r\n"
                        + "Proxy-Connection: x\r\nConnection: X-Hop\r\nConnection: X-Second, keep-alive\r\nX-Hop: 1\r\nX-Second: 2\r\n"
                        + "X-Kept: 3\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 2\r\n\r\nok");
        var reply = gateway.send(GET);

        assertThat(reply.headers())
                .noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT)
                        .matches("(x.end.user.id|txn-token|keep-alive|proxy-connection|connection|x-hop|x-second):.*"));
        assertThat(reply.all("X-Kept")).containsExactly("3");
        assertThat(reply.all("Set-Cookie")).containsExactly("a=b", "c=d");
    }

    @Test
    void anAnswerBeforeTheWholeRequestIsPassedOnAndTheRestOfTheRequestIsNoOthers() {
        upstream.answer(OK);
        try (var early = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(out, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
                    while (in.read() >= 0) {
                        continue;
                    }
                });
                var own = TestGateway.start(
                        "routes:\n"
                                + TestGateway.route("early.example", early.url(), "access: open")
                                + TestGateway.route("open.example", upstream.url(), "access: open"),
                        Map.of());
                var client = RawHttp.connect(own.port())) {
            client.send("POST / HTTP/1.1\r\nHost: early.example\r\nContent-Length: 47\r\n\r\nGET /smuggled");
            assertThat(client.read().orElseThrow().status()).isEqualTo(403);
            client.send(" HTTP/1.1\r\nHost: open.example\r\n\r\n" + "x" + GET);
            assertThat(client.read().orElseThrow().body()).isEqualTo("ok");
        }
        assertThat(upstream.take().requestLine()).isEqualTo("GET / HTTP/1.1");
        assertThat(upstream.pending()).isZero();
    }

    private static int closedPort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
