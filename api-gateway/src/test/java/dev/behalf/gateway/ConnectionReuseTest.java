package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RawUpstream;
import dev.behalf.testkit.RecordingUpstream;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Connections to upstreams are used again, and a client does not notice when an upstream has closed one.
@Timeout(60)
class ConnectionReuseTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void requestsShareAConnection() {
        try (var upstream = new RecordingUpstream();
                var gateway = start(upstream.url());
                var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 20; i++) {
                client.send(request(i % 2 == 0 ? "POST" : "GET"));
                assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            }
            assertThat(upstream.connections()).isEqualTo(1);
        }
    }

    /// The upstream closes each connection right after its answer and does not say so before.
    @ParameterizedTest
    @ValueSource(strings = {"POST", "PATCH", "PUT", "DELETE", "GET"})
    void aConnectionThatWasJustClosedIsNotedBeforeARequestIsSentOnIt(String method) {
        var served = new ConcurrentLinkedQueue<String>();
        var closed = new AtomicInteger();
        try (var upstream = new RawUpstream((socket, in, out) -> {
                    served.add(RawUpstream.readHead(in));
                    in.skipNBytes(4);
                    RecordingUpstream.write(out, OK);
                    socket.close();
                    closed.incrementAndGet();
                });
                var gateway = start(upstream.url());
                var client = RawHttp.connect(gateway.port())) {
            for (int i = 1; i <= 200; i++) {
                client.send(request(method));
                assertThat(client.read().orElseThrow().status())
                        .as("request %d", i)
                        .isEqualTo(200);
                int so = i;
                Eventually.holds("it is closed", () -> closed.get() == so);
            }
            assertThat(served).hasSize(200);
        }
    }

    @Test
    void aRequestThatMayBeRepeatedIsRepeatedOnceWhenTheConnectionEndsUnanswered() {
        var requests = new AtomicInteger();
        try (var upstream = new RawUpstream((_, in, out) -> {
                    while (!RawUpstream.readHead(in).isEmpty()) {
                        if (requests.incrementAndGet() % 2 == 0) {
                            return; // the second request on it
                        }
                        RecordingUpstream.write(out, OK);
                    }
                });
                var gateway = start(upstream.url());
                var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 5; i++) {
                client.send("GET / HTTP/1.1\r\nHost: open.example\r\n\r\n");
                assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void aRequestThatMustNotBeRepeatedIsNot() {
        var requests = new AtomicInteger();
        try (var upstream = new RawUpstream((_, in, out) -> {
                    while (!RawUpstream.readHead(in).isEmpty()) {
                        in.skipNBytes(4);
                        if (requests.incrementAndGet() == 2) {
                            return; // it may have been done
                        }
                        RecordingUpstream.write(out, OK);
                    }
                });
                var gateway = start(upstream.url());
                var client = RawHttp.connect(gateway.port())) {
            client.send(request("POST"));
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            client.send(request("POST"));
            assertThat(client.read().orElseThrow().status()).isEqualTo(502);
            assertThat(requests).hasValue(2);
            client.send(request("POST"));
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nConnection: X-A, Close\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nConnection: X-A\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1, max=1\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nok",
            })
    void aConnectionThatTheUpstreamWillCloseIsGivenUp(String response) {
        var given = new AtomicInteger();
        try (var upstream = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(out, response);
                    if (RawUpstream.readHead(in).isEmpty()) {
                        given.incrementAndGet();
                    }
                });
                var gateway = start(upstream.url());
                var client = RawHttp.connect(gateway.port())) {
            client.send("GET / HTTP/1.1\r\nHost: open.example\r\n\r\n");
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            Eventually.holds("it is given up", () -> given.get() == 1);
        }
    }

    private static TestGateway start(String url) {
        return TestGateway.start("routes:\n" + TestGateway.route("open.example", url, "access: open"), Map.of());
    }

    private static String request(String method) {
        return method + " / HTTP/1.1\r\nHost: open.example\r\nContent-Length: 4\r\n\r\nbody";
    }
}
