package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A gateway that stops finishes what it has begun and takes nothing new.
@Timeout(60)
class ShutdownTest {

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final CountDownLatch go = new CountDownLatch(1);

    @AfterEach
    void stop() {
        go.countDown();
        upstream.close();
    }

    @Test
    void requestsUnderWayAreFinishedNewOnesRefusedAndIdleConnectionsClosed() throws Exception {
        upstream.answer((request, _, out) -> {
            if (request.requestLine().contains("/slow")) {
                go.await();
            }
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            return true;
        });
        try (var gateway = start(Map.of());
                var busy = RawHttp.connect(gateway.port());
                var idle = RawHttp.connect(gateway.port())) {
            idle.send(get("/fast"));
            assertThat(idle.read().orElseThrow().status()).isEqualTo(200);
            busy.send(get("/slow"));
            Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);

            var stopped = CompletableFuture.runAsync(gateway::stop);

            assertThat(idle.isClosedByPeer()).isTrue();
            Eventually.holds("new connections are refused", () -> isRefused(gateway.port()));
            assertThat(stopped).isNotDone();
            go.countDown();
            var reply = busy.read().orElseThrow();
            assertThat(reply.body()).isEqualTo("ok");
            assertThat(reply.header("Connection")).contains("close");
            assertThat(busy.isClosedByPeer()).isTrue();
            stopped.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aRequestThatIsReceivedWhileTheGatewayStopsIsStillAnswered() throws Exception {
        upstream.answer((_, _, out) -> {
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            return true;
        });
        try (var gateway = start(Map.of());
                var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\nHost: open.example\r\nContent-Length: 4\r\n\r\nbo");
            Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);
            var stopped = CompletableFuture.runAsync(gateway::stop);
            Eventually.holds("new connections are refused", () -> isRefused(gateway.port()));

            client.send("dy");

            assertThat(client.read().orElseThrow().body()).isEqualTo("ok");
            stopped.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatDoesNotEndIsCutWhenTheTimeForItIsOver() throws Exception {
        upstream.answer((_, in, _) -> in.read() >= 0);
        try (var gateway = start(Map.of("behalf.gateway.drain-timeout", "300ms"));
                var client = RawHttp.connect(gateway.port())) {
            client.send(get("/endless"));
            Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);

            CompletableFuture.runAsync(gateway::stop).get(20, TimeUnit.SECONDS);

            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    private TestGateway start(Map<String, Object> settings) {
        return TestGateway.start(
                "routes:\n" + TestGateway.route("open.example", upstream.url(), "access: open"), settings);
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: open.example\r\n\r\n";
    }

    private static boolean isRefused(int port) {
        try (var _ = RawHttp.connect(port)) {
            return false;
        } catch (UncheckedIOException e) {
            return true;
        }
    }
}
