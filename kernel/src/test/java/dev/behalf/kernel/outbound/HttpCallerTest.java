package dev.behalf.kernel.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real sockets, whose other end does what it likes.
class HttpCallerTest {

    private static final int BOUND = 1_000;
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final HttpCaller caller = HttpCaller.trusted("test", PATIENT, BOUND);

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 404, 500, 503})
    void aResponseOfAnyStatusIsAResponse(int status) {
        try (var peer = Peer.saying(
                "HTTP/1.1 " + status + " x\r\nX-Word: hello\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            var reply = get(caller, peer.url("127.0.0.1"));

            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.headers().get("x-word")).isEqualTo("hello");
            assertThat(reply.body()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void aRedirectIsAnAnswerAndIsNotFollowed(int status) {
        try (var elsewhere = Peer.saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                var peer = Peer.saying("HTTP/1.1 " + status + " x\r\nLocation: " + elsewhere.url("127.0.0.1")
                        + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            assertThat(get(caller, peer.url("127.0.0.1")).status()).isEqualTo(status);
            assertThat(peer.requests()).isOne();
            assertThat(elsewhere.requests()).isZero();
        }
    }

    @Test
    void aBodyOfExactlyTheBoundIsRead() {
        try (var peer = Peer.saying("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + "x".repeat(BOUND))) {
            assertThat(get(caller, peer.url("127.0.0.1")).body()).hasSize(BOUND);
        }
    }

    @Test
    void aBodyBeyondTheBoundIsGivenUpHoweverItsLengthIsTold() throws Exception {
        try (var declared = Peer.saying("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + "x".repeat(BOUND + 1));
                var endless = Peer.that(connection -> {
                    Peer.say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    while (true) {
                        Peer.say(connection, "100\r\n" + "x".repeat(256) + "\r\n");
                    }
                })) {
            for (var peer : List.of(declared, endless)) {
                assertThatThrownBy(() -> get(caller, peer.url("127.0.0.1")))
                        .isInstanceOf(HttpCallFailed.class)
                        .hasMessage("the response is larger than 1000 bytes");
            }
        }
    }

    @Test
    void aPeerThatNeverAnswersIsLeftAtTheDeadline() throws Exception {
        var peer = new Peer[1];
        try (var silent = Peer.that(connection -> peer[0].untilLeft(connection))) {
            peer[0] = silent;
            isLeftAtTheDeadline(silent);
        }
    }

    @Test
    void aPeerThatDripsHeadersIsLeftAtTheDeadline() throws Exception {
        var peer = new Peer[1];
        try (var slow = Peer.that(connection -> {
            Peer.say(connection, "HTTP/1.1 200 OK\r\nX-Slow: ");
            peer[0].untilLeft(connection);
        })) {
            peer[0] = slow;
            isLeftAtTheDeadline(slow);
        }
    }

    @Test
    void aPeerThatDripsItsBodyIsLeftAtTheDeadline() throws Exception {
        var peer = new Peer[1];
        try (var slow = Peer.that(connection -> {
            Peer.say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
            peer[0].untilLeft(connection);
        })) {
            peer[0] = slow;
            isLeftAtTheDeadline(slow);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hello\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            })
    void whatIsNoResponseFails(String said) {
        try (var peer = Peer.saying(said)) {
            assertThatThrownBy(() -> get(caller, peer.url("127.0.0.1"))).isInstanceOf(HttpCallFailed.class);
        }
    }

    @Test
    void endlessHeadersFail() {
        try (var peer = Peer.that(connection -> {
            Peer.say(connection, "HTTP/1.1 200 OK\r\n");
            for (int i = 0; ; i++) {
                Peer.say(connection, "X-" + i + ": " + "x".repeat(1_000) + "\r\n");
            }
        })) {
            assertThatThrownBy(() -> get(caller, peer.url("127.0.0.1"))).isInstanceOf(HttpCallFailed.class);
        }
    }

    @Test
    void aClosedPortIsSaidToBeOne() throws IOException {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThatThrownBy(() -> get(caller, "http://127.0.0.1:" + port + "/"))
                .isInstanceOf(HttpCallFailed.class)
                .hasMessage("the connection was refused");
    }

    @Test
    void aNameThatDoesNotResolveIsSaidToBeOne() {
        ScriptedNames.say("nowhere.test", () -> {
            throw new UnknownHostException("nowhere.test");
        });

        assertThatThrownBy(() -> get(caller, "http://nowhere.test/"))
                .isInstanceOf(HttpCallFailed.class)
                .hasMessage("the host name does not resolve");
    }

    @Test
    void aNameServiceThatBreaksFailsTheCallAtOnce() {
        ScriptedNames.say("broken.test", () -> {
            throw new IllegalStateException("a defect of the name service");
        });

        assertThatThrownBy(() -> get(caller, "http://broken.test/"))
                .isInstanceOf(HttpCallFailed.class)
                .hasMessage("the host name does not resolve");
    }

    @Test
    void aGuardedCallerDoesNotEvenConnectToThisMachine() {
        try (var peer = Peer.saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) {
            var guarded = HttpCaller.guarded(OutboundPolicy.PUBLIC_ONLY, PATIENT, BOUND);
            ScriptedNames.say("inside.test", () -> List.of("127.0.0.1", "10.0.0.1", "::1"));

            assertThatThrownBy(() -> get(guarded, "https://127.0.0.1:" + peer.port() + "/"))
                    .isInstanceOf(HttpCallFailed.class)
                    .hasMessage("the URL must not lead to a loopback or private address");
            assertThatThrownBy(() -> get(guarded, "https://inside.test:" + peer.port() + "/"))
                    .isInstanceOf(HttpCallFailed.class)
                    .hasMessage("the URL must not lead to a loopback or private address");
            assertThatThrownBy(() -> get(guarded, peer.url("127.0.0.1")))
                    .isInstanceOf(HttpCallFailed.class)
                    .hasMessage("the URL must be an https URL");
            assertThat(peer.requests()).isZero();
        }
    }

    @Test
    void theAddressThatWasCheckedIsTheOneThatIsUsed() throws Exception {
        try (var peer = Peer.saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            var lookups = new AtomicInteger();
            ScriptedNames.say(
                    "rebinding.test", () -> List.of(lookups.getAndIncrement() == 0 ? "127.0.0.1" : "127.0.0.2"));
            var guarded =
                    HttpCaller.guarded(new OutboundPolicy(List.of("rebinding.test:" + peer.port())), PATIENT, BOUND);

            assertThat(get(guarded, peer.url("rebinding.test")).status()).isEqualTo(200);

            assertThat(peer.reachedAt()).isEqualTo(InetAddress.ofLiteral("127.0.0.1"));
            assertThat(lookups).hasValue(1);
        }
    }

    @Test
    void ofSeveralAddressesOnlyThePermittedAreUsed() throws Exception {
        try (var peer = Peer.saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            ScriptedNames.say("mixed.test", () -> List.of("0.0.0.0", "169.254.169.254", "127.0.0.1"));
            var guarded = HttpCaller.guarded(new OutboundPolicy(List.of("mixed.test:" + peer.port())), PATIENT, BOUND);

            assertThat(get(guarded, peer.url("mixed.test")).status()).isEqualTo(200);

            assertThat(peer.reachedAt()).isEqualTo(InetAddress.ofLiteral("127.0.0.1"));
        }
    }

    @Test
    void aListedAddressIsCalledAsItIsWritten() throws Exception {
        try (var peer = Peer.saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            for (var host : List.of("127.0.0.1", "[::1]")) {
                var address = InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", ""));
                if (NetworkInterface.getByInetAddress(address) != null) { // a machine may be without IPv6
                    var listed = new OutboundPolicy(List.of(host + ":" + peer.port()));

                    assertThat(get(HttpCaller.guarded(listed, PATIENT, BOUND), peer.url(host))
                                    .status())
                            .isEqualTo(200);
                    assertThat(peer.reachedAt()).isEqualTo(address);
                }
            }
        }
    }

    @Test
    void aBodyThatIsNoJsonObjectIsAFailedCall() {
        for (var body : List.of("", "<html>", "[]", "{\"a\":1,\"a\":2}", "{\"a\":1")) {
            try (var peer = Peer.saying("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)) {
                var reply = get(caller, peer.url("127.0.0.1"));

                assertThatThrownBy(reply::json).isInstanceOf(HttpCallFailed.class);
            }
        }
    }

    private static void isLeftAtTheDeadline(Peer peer) throws InterruptedException {
        var hasty = HttpCaller.trusted("hasty", SHORT, BOUND);

        assertThatThrownBy(() -> get(hasty, peer.url("127.0.0.1")))
                .isInstanceOf(HttpCallFailed.class)
                .hasMessage("no answer within 300 ms");
        assertThat(peer.isLeft()).isTrue();
    }

    private static HttpReply get(HttpCaller caller, String url) {
        return java.util.Objects.requireNonNull(
                caller.get(URI.create(url), Map.of()).block());
    }
}
