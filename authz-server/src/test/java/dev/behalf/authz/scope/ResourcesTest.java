package dev.behalf.authz.scope;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which resources tokens can be asked for (RFC 8707, RFC 9728).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResourcesTest {

    private final HttpServer resource = start();
    private final String origin = "http://127.0.0.1:" + resource.getAddress().getPort();
    private final AtomicInteger asked = new AtomicInteger();
    private final RunningAuthzServer server = RunningAuthzServer.start(
            TestPostgres.shared().newDatabase(),
            Map.of(
                    "behalf.outbound.allow",
                    "127.0.0.1:" + resource.getAddress().getPort(),
                    "behalf.test.clock",
                    true,
                    "behalf.authz.scopes-file",
                    file().toString()));
    private final Agent agent = Agent.register(server);

    @BeforeEach
    void later() {
        server.clock().forward(Duration.ofHours(1)); // nothing that an earlier test asked for counts
    }

    @AfterAll
    void stop() {
        server.close();
        resource.stop(0);
    }

    @Test
    void oneThatSaysThatItTakesOurTokensIsTakenWithItsScopes() {
        serve(
                "/good",
                Map.of(
                        "resource", origin + "/good",
                        "authorization_servers", List.of(RunningAuthzServer.ISSUER),
                        "scopes_supported", List.of("tools:run", "not a scope\n")));

        int before = asked.get();
        assertThat(answer(origin + "/good", "tools:run")).isEqualTo("sign in");
        assertThat(answer(origin + "/good", "manage")).isEqualTo("invalid_scope");
        assertThat(answer(origin + "/good", "openid")).isEqualTo("sign in");
        assertThat(asked.get()).isEqualTo(before + 1); // what was read is remembered
    }

    @Test
    void oneThatSaysAnythingElseIsNotKnown() {
        serve(
                "/others",
                Map.of("resource", origin + "/others", "authorization_servers", List.of("https://as.example")));
        serve(
                "/liar",
                Map.of("resource", origin + "/good", "authorization_servers", List.of(RunningAuthzServer.ISSUER)));
        serve("/none", Map.of("resource", origin + "/none"));
        serveText("/garbage", "<html>");

        for (var path : List.of("/others", "/liar", "/none", "/garbage", "/missing")) {
            assertThat(answer(origin + path, "read")).as(path).isEqualTo("invalid_target");
        }
    }

    /// Whoever opens authorization requests makes us ask: no host is flooded so, whatever resources they name.
    @Test
    void nobodyIsFloodedThroughUsAndWhatIsKnownServesMeanwhile() {
        serve(
                "/known",
                Map.of("resource", origin + "/known", "authorization_servers", List.of(RunningAuthzServer.ISSUER)));
        serveText("/flood/", "{}");
        assertThat(answer(origin + "/known", "read")).isEqualTo("sign in");
        int before = asked.get();
        for (int i = 0; i < 40; i++) {
            assertThat(answer(origin + "/flood/" + i, "read")).isEqualTo("invalid_target");
        }

        assertThat(asked.get()).isEqualTo(before + 29);
        assertThat(answer(origin + "/known", "read")).isEqualTo("sign in");
    }

    /// RFC 9728 §7.7: the person's browser must not make us look into our own network.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:1/x",
                "http://169.254.169.254/latest",
                "https://localhost/x",
                "https://[::1]/x",
                "http://10.0.0.1/",
                "https://0x7f000001/"
            })
    void nobodyMakesUsCallWhereWeMustNot(String uri) {
        assertThat(answer(uri, "read")).isEqualTo("invalid_target");
    }

    @Test
    void oneOfTheOperatorsFileIsKnownWithItsScopes() {
        assertThat(answer("https://support.example/api/v1", "tickets:open")).isEqualTo("sign in");
        assertThat(answer("https://support.example/api/v1", "manage")).isEqualTo("invalid_scope");
        assertThat(answer("https://support.example/other", "tickets:open")).isEqualTo("invalid_target");
    }

    /// What the server does with the request: an error to the client, or the way to the sign-in page.
    private String answer(String uri, String scope) {
        var reply = new Person(server).get(agent.path(Map.of("resource", uri, "scope", scope)));
        return Person.location(reply).startsWith("/login?")
                ? "sign in"
                : Agent.answer(reply).getOrDefault("error", "");
    }

    private void serve(String path, Map<String, Object> document) {
        serveText(path, Json.text(document));
    }

    private void serveText(String path, String text) {
        resource.createContext("/.well-known/oauth-protected-resource" + path, exchange -> {
            asked.incrementAndGet();
            var body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            try (var out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
    }

    private static HttpServer start() {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.start();
            return server;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path file() {
        try {
            var file = Files.createTempFile("scopes", ".yaml");
            file.toFile().deleteOnExit();
            return Files.writeString(file, """
                    scopes:
                      tickets:open: {title: Open tickets, description: In your name.}
                    resources:
                      - {uri: 'https://support.example/api/*', title: Support, scopes: [tickets:open]}
                    """);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
