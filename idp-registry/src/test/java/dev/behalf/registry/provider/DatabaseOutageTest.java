package dev.behalf.registry.provider;

import static dev.behalf.registry.RunningRegistry.header;
import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// PostgreSQL goes away and comes back.
class DatabaseOutageTest {

    private static final String PATH = "/api/identity-providers";

    @Test
    void everyRequestIsToldToComeBackAndTheRegistryRecoversByItself() {
        try (var postgres = TestPostgres.start();
                var registry = RunningRegistry.start(postgres.newDatabase(), Map.of())) {
            registry.put(provider("before"));
            postgres.stop();
            try {
                for (var reply : List.of(
                        registry.get(PATH),
                        registry.get(PATH + "/before"),
                        registry.post(PATH, provider("during")),
                        registry.delete(PATH + "/before"),
                        registry.get(PATH + "/before/status"),
                        registry.get("/api/identity-provider-events"),
                        registry.get("/internal/identity-providers"))) {
                    assertThat(reply.statusCode()).as(reply.toString()).isEqualTo(503);
                    assertThat(header(reply, "Retry-After")).isNotNull();
                    assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
                    assertThat(RunningRegistry.error(reply)).isEqualTo("the database cannot be reached");
                }
                assertThat(registry.post(PATH, "{}").statusCode()).isEqualTo(400);
            } finally {
                postgres.restart();
            }
            RunningRegistry.await(
                    "the registry writes again",
                    () -> registry.post(PATH, provider("after")).statusCode() == 201);
            assertThat(RunningRegistry.names(registry.get(PATH))).containsExactly("after", "before");
        }
    }

    /// What was acknowledged is there afterwards, and what was refused did not fail in another way.
    @Test
    void noAcknowledgedChangeIsLostWhenItGoesAwayUnderLoad() throws Exception {
        try (var postgres = TestPostgres.start();
                var registry = RunningRegistry.start(postgres.newDatabase(), Map.of());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var acknowledged = new CopyOnWriteArrayList<String>();
            var other = new CopyOnWriteArrayList<HttpResponse<String>>();
            var stop = new AtomicBoolean();
            var tasks = new ArrayList<java.util.concurrent.Future<?>>();
            for (int t = 0; t < 8; t++) {
                int thread = t;
                tasks.add(threads.submit(() -> {
                    for (int i = 0; !stop.get(); i++) {
                        var name = "p-" + thread + "-" + i;
                        var reply = registry.post(PATH, provider(name));
                        switch (reply.statusCode()) {
                            case 201 -> acknowledged.add(name);
                            case 503 -> {}
                            default -> other.add(reply);
                        }
                    }
                }));
            }
            for (int round = 0; round < 3; round++) {
                int so = acknowledged.size();
                RunningRegistry.await("changes are made", () -> acknowledged.size() > so + 20);
                postgres.stop();
                postgres.restart();
            }
            int so = acknowledged.size();
            RunningRegistry.await("changes are made again", () -> acknowledged.size() > so + 20);
            stop.set(true);
            for (var task : tasks) {
                assertThat(task.get()).isNull();
            }

            assertThat(other).isEmpty();
            assertThat(RunningRegistry.names(registry.get(PATH))).containsAll(acknowledged);
        }
    }
}
