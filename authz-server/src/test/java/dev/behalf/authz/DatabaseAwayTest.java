package dev.behalf.authz;

import static dev.behalf.authz.RunningAuthzServer.AUTHZ;
import static dev.behalf.authz.RunningAuthzServer.REGISTRY;
import static dev.behalf.authz.RunningAuthzServer.isProblem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// PostgreSQL goes away and comes back.
class DatabaseAwayTest {

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final TcpProxy proxy = new TcpProxy(Integer.parseInt(String.valueOf(database.get("behalf.database.port"))));

    @Test
    void aServerThatStartsWithoutItsDatabaseWaitsForIt() throws Exception {
        proxy.cut();
        try (proxy;
                var thread = Executors.newSingleThreadExecutor()) {
            var starting =
                    CompletableFuture.supplyAsync(() -> RunningAuthzServer.start(behindProxy(), Map.of()), thread);
            assertThat(proxy.hasTurnedAwaySomebody()).isTrue();
            assertThat(starting).isNotDone();

            proxy.mend();
            try (var server = starting.get()) {
                assertThat(server.get("/jwks", null).statusCode()).isEqualTo(200);
                assertThat(server.exchange(server.operatorToken(), AUTHZ).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void aServerThatLosesItsDatabaseIssuesTokensAnswers503ToTheRestAndRecovers() {
        try (proxy;
                var server = RunningAuthzServer.start(behindProxy(), Map.of())) {
            var key = String.valueOf(server.createKey("{\"name\":\"before\"}").get("token"));
            var token = server.internalToken();
            assertThat(server.exchange(key, REGISTRY).statusCode()).isEqualTo(200);
            proxy.cut();

            // What needs no row goes on.
            assertThat(server.get("/jwks", null).statusCode()).isEqualTo(200);
            assertThat(server.exchange(server.operatorToken(), REGISTRY).statusCode())
                    .isEqualTo(200);
            // What needs one waits for nobody.
            isAway(server.get("/auth/api-keys", token));
            isAway(server.postJson("/auth/api-keys", "{\"name\":\"meanwhile\"}", token));
            isAway(server.exchange(key, REGISTRY));
            isAway(server.call("DELETE", "/auth/api-keys/00000000-0000-0000-0000-000000000000", token));
            // Bad input is told from a bad moment.
            isProblem(server.postJson("/auth/api-keys", "{}", token), 400);
            isProblem(server.exchange("nonsense", REGISTRY), 401);

            proxy.mend();
            var list = until200(() -> server.get("/auth/api-keys", server.internalToken()));
            assertThat(list.body()).contains("before").doesNotContain("meanwhile");
            assertThat(server.exchange(key, REGISTRY).statusCode()).isEqualTo(200);
            assertThat(server.postJson("/auth/api-keys", "{\"name\":\"after\"}", server.internalToken())
                            .statusCode())
                    .isEqualTo(201);
        }
    }

    private Map<String, String> behindProxy() {
        var settings = new HashMap<>(database);
        settings.put("behalf.database.port", Integer.toString(proxy.port()));
        return settings;
    }

    private static void isAway(HttpResponse<String> reply) {
        isProblem(reply, 503);
        assertThat(reply.headers().firstValue("Retry-After")).contains("2");
    }

    private static HttpResponse<String> until200(Supplier<HttpResponse<String>> call) {
        var reply = call.get();
        for (long end = System.nanoTime() + 30_000_000_000L; reply.statusCode() != 200 && System.nanoTime() < end; ) {
            reply = call.get();
        }
        assertThat(reply.statusCode()).isEqualTo(200);
        return reply;
    }
}
