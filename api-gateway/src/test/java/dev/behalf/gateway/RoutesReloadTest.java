package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.gateway.route.Routes;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/// A new routes file takes effect while requests flow; a faulty one does not, and says why.
@Timeout(60)
@TestInstance(Lifecycle.PER_CLASS)
class RoutesReloadTest {

    private final RecordingUpstream one = upstream("one");
    private final RecordingUpstream two = upstream("two");
    private final TestGateway gateway = TestGateway.start(to(one), Map.of());

    @AfterAll
    void stop() {
        gateway.close();
        one.close();
        two.close();
    }

    @Test
    void aChangeUnderTrafficDropsNoConnectionAndFailsNoRequest() throws Exception {
        gateway.routes(to(one));
        Eventually.holds("one is in force", () -> answer().equals("one"));
        var over = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var clients = new ArrayList<Future<Integer>>();
            for (int c = 0; c < 8; c++) {
                clients.add(threads.submit(() -> {
                    int answered = 0;
                    try (var client = RawHttp.connect(gateway.port())) {
                        while (!over.get()) {
                            client.send(get());
                            assertThat(client.read().orElseThrow().body()).isIn("one", "two");
                            answered++;
                        }
                    }
                    return answered;
                }));
            }
            for (var next : new RecordingUpstream[] {two, one, two}) {
                gateway.routes(to(next));
                var name = next == one ? "one" : "two";
                Eventually.holds(name + " is in force", () -> answer().equals(name));
            }
            over.set(true);
            for (var client : clients) {
                assertThat(client.get()).isPositive();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "routes: [",
                "routes: {}",
                "routes:\n  - {host: open.example, upstream: \"http://127.0.0.1:1\", acess: open}",
                "routes:\n  - {host: open.example, upstream: \"http://127.0.0.1:1\"}",
                "something: else",
            })
    void aFaultyFileKeepsTheRoutesBeforeItAndSaysWhy(String faulty) {
        gateway.routes(to(one));
        Eventually.holds("one is in force", () -> answer().equals("one") && fault().isEmpty());

        gateway.routes(faulty);
        Eventually.holds("the fault is told", () -> !fault().isEmpty());
        assertThat(answer()).isEqualTo("one");

        gateway.routes(to(two));
        Eventually.holds("two is in force", () -> answer().equals("two") && fault().isEmpty());
    }

    @Test
    void aFileThatIsRestoredAfterAFaultIsNotFaultyAnyMore() {
        gateway.routes(to(one));
        Eventually.holds("one is in force", () -> answer().equals("one") && fault().isEmpty());
        gateway.routes("routes: [");
        Eventually.holds("the fault is told", () -> !fault().isEmpty());

        gateway.routes(to(one));

        Eventually.holds("the fault is gone", () -> fault().isEmpty());
        assertThat(answer()).isEqualTo("one");
    }

    private String fault() {
        var health = java.util.Objects.requireNonNull(
                Mono.from(gateway.bean(Routes.class).getResult()).block());
        return String.valueOf(((Map<?, ?>) health.getDetails()).get("fault"));
    }

    private String answer() {
        return gateway.send(get()).body();
    }

    private static String get() {
        return "GET / HTTP/1.1\r\nHost: open.example\r\n\r\n";
    }

    private static String to(RecordingUpstream upstream) {
        return "routes:\n" + TestGateway.route("open.example", upstream.url(), "access: open");
    }

    private static RecordingUpstream upstream(String name) {
        var upstream = new RecordingUpstream();
        upstream.keep(_ -> false);
        upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + name);
        return upstream;
    }
}
