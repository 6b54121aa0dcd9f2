package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How much may be under way, and how slow a client may be.
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
class LimitsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final RecordingUpstream other = new RecordingUpstream();
    private final CountDownLatch go = new CountDownLatch(1);

    @AfterEach
    void stop() {
        go.countDown();
        upstream.close();
        other.close();
    }

    @Test
    void aRouteThatHasAsManyRequestsAsItMayAnswers503AndTheOtherRoutesGoOn() {
        upstream.answer((_, _, out) -> {
            go.await();
            RecordingUpstream.write(out, OK);
            return true;
        });
        try (var gateway = start("limits: {requests: 2}", Map.of());
                var first = RawHttp.connect(gateway.port());
                var second = RawHttp.connect(gateway.port())) {
            first.send(get("open.example"));
            second.send(get("open.example"));
            Eventually.holds("both are under way", () -> gateway.gauge("behalf.gateway.requests") == 2);

            try (var third = RawHttp.connect(gateway.port())) {
                third.send(get("open.example"));
                var shed = third.read().orElseThrow();
                assertThat(shed.status()).isEqualTo(503);
                assertThat(shed.header("Retry-After")).contains("1");
                third.send(get("other.example"));
                assertThat(third.read().orElseThrow().status()).isEqualTo(200);

                go.countDown();
                assertThat(first.read().orElseThrow().status()).isEqualTo(200);
                assertThat(second.read().orElseThrow().status()).isEqualTo(200);
                third.send(get("open.example"));
                assertThat(third.read().orElseThrow().status()).isEqualTo(200);
            }
            assertThat(gateway.gauge("behalf.gateway.requests")).isZero();
        }
    }

    @Test
    void theGatewayAsAWholeHasALimitToo() {
        upstream.answer((_, _, out) -> {
            go.await();
            RecordingUpstream.write(out, OK);
            return true;
        });
        try (var gateway = start("strip-cookies: true", Map.of("behalf.gateway.max-requests", 1));
                var first = RawHttp.connect(gateway.port())) {
            first.send(get("open.example"));
            Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);

            assertThat(gateway.send(get("other.example")).status()).isEqualTo(503);
            assertThat(gateway.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .status())
                    .isEqualTo(200);
            go.countDown();
            assertThat(first.read().orElseThrow().status()).isEqualTo(200);
            assertThat(gateway.send(get("other.example")).status()).isEqualTo(200);
        }
    }

    @Test
    void whateverBecomesOfARequestItIsNotCountedForEver() {
        try (var gateway = start("limits: {requests: 1}, timeouts: {response: 300ms}", Map.of())) {
            upstream.answer((_, in, _) -> in.read() >= 0);
            assertThat(gateway.send(get("open.example")).status()).isEqualTo(504);
            upstream.answer((_, _, _) -> false);
            assertThat(gateway.send(get("open.example")).status()).isEqualTo(502);
            upstream.answer("nonsense\r\n\r\n");
            assertThat(gateway.send(get("open.example")).status()).isEqualTo(502);
            upstream.answer((_, _, out) -> {
                RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut");
                return false;
            });
            assertThat(gateway.send(get("open.example")).body()).isEqualTo("cut");
            upstream.answer((_, in, out) -> {
                RecordingUpstream.write(
                        out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
                return in.read() >= 0;
            });
            try (var socket = RawHttp.connect(gateway.port())) {
                socket.send(
                        "GET / HTTP/1.1\r\nHost: open.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
                assertThat(socket.readSome()).startsWith("HTTP/1.1 101 ");
                assertThat(gateway.send(get("open.example")).status()).isEqualTo(503);
            }
            Eventually.holds("it has ended", () -> gateway.gauge("behalf.gateway.requests") == 0);
            upstream.answer(OK);
            assertThat(gateway.send(get("open.example")).status()).isEqualTo(200);
        }
    }

    @Test
    void aNewRoutesFileDoesNotForgetWhatIsUnderWay() {
        upstream.answer((_, _, out) -> {
            go.await();
            RecordingUpstream.write(out, OK);
            return true;
        });
        try (var gateway = start("limits: {requests: 1}", Map.of());
                var first = RawHttp.connect(gateway.port())) {
            first.send(get("open.example"));
            Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);
            gateway.routes("routes:\n"
                    + TestGateway.route("open.example", upstream.url(), "access: open, limits: {requests: 1}")
                    + TestGateway.route("new.example", other.url(), "access: open"));
            Eventually.holds(
                    "it is in force", () -> gateway.send(get("new.example")).status() == 200);

            assertThat(gateway.send(get("open.example")).status()).isEqualTo(503);
        }
    }

    @Test
    void moreConnectionsThanThereMayBeAreClosed() {
        try (var gateway = start("upgrades: true", Map.of("behalf.gateway.max-connections", 3))) {
            Eventually.holds("nobody is there", () -> gateway.gauge("behalf.gateway.connections") == 0);
            try (var one = RawHttp.connect(gateway.port());
                    var two = RawHttp.connect(gateway.port());
                    var three = RawHttp.connect(gateway.port())) {
                Eventually.holds("three are there", () -> gateway.gauge("behalf.gateway.connections") == 3);
                try (var four = RawHttp.connect(gateway.port())) {
                    assertThat(four.isClosedByPeer()).isTrue();
                }
                for (var client : new RawHttp[] {one, two, three}) {
                    client.send(get("open.example"));
                    assertThat(client.read().orElseThrow().status()).isEqualTo(200);
                }
            }
        }
    }

    @Test
    void aClientThatNeverEndsItsHeadIsClosed() {
        try (var gateway = start("upgrades: true", Map.of("behalf.gateway.head-timeout", "1s"));
                var client = RawHttp.connect(gateway.port())) {
            client.send("GET / HTTP/1.1\r\nHost: open.example\r\n");
            Thread.ofVirtual().start(() -> drip(client, "X-A: b\r\n"));

            assertThat(client.isClosedByPeer()).isTrue();
        }
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aClientThatNeverEndsItsNextHeadIsClosedToo() {
        try (var gateway = start("upgrades: true", Map.of("behalf.gateway.idle-timeout", "1s"));
                var client = RawHttp.connect(gateway.port())) {
            client.send(get("open.example"));
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            client.send("GET / HTTP/1.1\r\nHost: open.example\r\n");
            Thread.ofVirtual().start(() -> drip(client, "X-A: b\r\n"));

            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void aConnectionThatIsIdleIsClosed() {
        try (var gateway = start("upgrades: true", Map.of("behalf.gateway.idle-timeout", "1s"));
                var client = RawHttp.connect(gateway.port())) {
            client.send(get("open.example"));
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);

            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void aBodyThatDoesNotArriveIs408AndEndsTheUpstreamsRequest() {
        try (var gateway = start("upgrades: true", Map.of("behalf.gateway.body-timeout", "500ms"));
                var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\nHost: open.example\r\nContent-Length: 10\r\n\r\npart");

            assertThat(client.read().orElseThrow().status()).isEqualTo(408);
            assertThat(client.isClosedByPeer()).isTrue();
            Eventually.holds("the upstream connection is dropped", () -> upstream.openConnections() == 0);
        }
        assertThat(upstream.take().complete()).isFalse();
    }

    @Test
    void aClientThatDoesNotReadIsClosedAndItsUpstreamIsLetGo() {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            var block = new byte[1 << 20];
            for (int i = 0; i < 100; i++) {
                out.write(block);
            }
            return true;
        });
        try (var gateway = start("upgrades: true", Map.of("behalf.gateway.stall-timeout", "1s"));
                var client = RawHttp.connect(gateway.port())) {
            client.send(get("open.example"));
            Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);
            Eventually.holds("it is closed", () -> gateway.gauge("behalf.gateway.requests") == 0);
            Eventually.holds("the upstream connection is dropped", () -> upstream.openConnections() == 0);
        }
    }

    @Test
    void aClientThatDoesNotReadItsLastAnswerIsClosedToo() {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n");
            out.write(new byte[600_000]);
            return true;
        });
        try (var gateway = start(
                "upgrades: true", Map.of("behalf.gateway.stall-timeout", "1s", "behalf.gateway.idle-timeout", "1s"))) {
            for (var version : new String[] {"1.0", "1.1"}) {
                try (var client = RawHttp.connect(gateway.port(), 8 * 1024)) {
                    client.send("GET / HTTP/" + version + "\r\nHost: open.example\r\n\r\n");
                    Eventually.holds("it is there", () -> gateway.gauge("behalf.gateway.connections") == 1);
                    Eventually.holds("it is closed", () -> gateway.gauge("behalf.gateway.connections") == 0);
                }
            }
        }
    }

    @Test
    void anAnswerOfTheGatewayItselfKeepsAConnectionOfHttp10() {
        upstream.answer((_, _, _) -> false);
        try (var gateway = start("upgrades: true", Map.of());
                var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.0\r\nHost: open.example\r\nConnection: keep-alive\r\n\r\n");
                var reply = client.read().orElseThrow();
                assertThat(reply.status()).isEqualTo(502);
                assertThat(reply.header("Connection")).contains("keep-alive");
            }
        }
    }

    private static void drip(RawHttp client, String bytes) {
        try {
            while (true) {
                client.out().write(bytes.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                Thread.sleep(100); // how slow this client is
            }
        } catch (java.io.IOException e) {
            return; // closed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private TestGateway start(String members, Map<String, Object> settings) {
        return TestGateway.start(
                "routes:\n"
                        + TestGateway.route("open.example", upstream.url(), "access: open, " + members)
                        + TestGateway.route("other.example", other.url(), "access: open"),
                settings);
    }

    private static String get(String host) {
        return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    }
}
