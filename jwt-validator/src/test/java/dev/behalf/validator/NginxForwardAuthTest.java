package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A real nginx with the configuration of docs/forward-auth.md, to the letter but for the addresses, between a client
/// and an upstream. Runs where an nginx is on the path.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NginxForwardAuthTest {

    private static final String HOST = "portal.agents.example.com";
    private static final Path PAGE = Path.of("..", "docs", "forward-auth.md");

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final FakeIdentityProvider away = FakeIdentityProvider.start("https://away.example");
    private final RecordingUpstream agents = new RecordingUpstream();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    private @Nullable RunningValidator running;
    private @Nullable Process nginx;
    private int port;

    @BeforeAll
    void start() throws IOException {
        Assumptions.assumeTrue(isThere(), "no nginx on the path");
        away.serve((exchange, _) -> exchange.sendResponseHeaders(500, -1));
        running = RunningValidator.start(issuer, away);
        validator()
                .register(
                        Provider.of("portal", issuer).host(HOST).domains("example.com"),
                        Provider.of("away", away).host("away.agents.example.com"));
        RunningValidator.await(
                "the keys are read", () -> validator().keys("portal").containsKey("checkedAt"));
        port = freePort();
        nginx = start(port, "127.0.0.1:" + validator().port());
    }

    @AfterAll
    void stop() {
        if (nginx != null) {
            nginx.destroy();
        }
        if (running != null) {
            running.close();
        }
        agents.close();
        issuer.close();
        away.close();
    }

    @BeforeEach
    void forget() {
        agents.clear();
    }

    @Test
    void theAgentSeesTheUserAndNoToken() {
        var reply = ask(port, "GET /agents/1?q=%20 HTTP/1.1", "Host: " + HOST, bearer("ann@example.com"));

        assertThat(reply.status()).isEqualTo(200);
        var received = agents.take();
        assertThat(received.requestLine()).isEqualTo("GET /agents/1?q=%20 HTTP/1.1");
        assertThat(received.all("X-End-User-ID")).containsExactly("ann@example.com");
        assertThat(received.all("Authorization")).isEmpty();
        assertThat(received.all("Host")).containsExactly(HOST);
    }

    @Test
    void whatTheClientSaysOfItselfIsReplaced() {
        var reply = ask(
                port,
                "GET / HTTP/1.1",
                "Host: " + HOST,
                bearer("ann@example.com"),
                "X-End-User-ID: root",
                "x-end-user-id: root2",
                "X_End_User_ID: root3",
                "Connection: X-End-User-ID",
                "X-Original-Host: another.example.com",
                "X-Forwarded-Host: another.example.com");

        assertThat(reply.status()).isEqualTo(200);
        var received = agents.take();
        assertThat(received.all("X-End-User-ID")).containsExactly("ann@example.com");
        assertThat(received.names()).doesNotContain("x_end_user_id");
        assertThat(received.headers().toString()).doesNotContain("root");
    }

    @Test
    void aBodyGoesThroughWhole() {
        var reply = ask(
                port,
                "POST /tasks HTTP/1.1",
                "Host: " + HOST,
                bearer("ann@example.com"),
                "Content-Type: text/plain",
                "Content-Length: 5\r\n\r\nhello");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(new String(agents.take().body(), java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("hello");
    }

    @Test
    void withoutATokenTheAgentIsNotReached() {
        var reply = ask(port, "GET / HTTP/1.1", "Host: " + HOST, "X-End-User-ID: root");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.all("WWW-Authenticate")).containsExactly("Bearer");
        assertThat(agents.pending()).isZero();
    }

    @Test
    void aTokenThatProvesNothingDoesNotReachTheAgent() {
        var expired = validator().token(issuer, "ann@example.com", Map.of("exp", 1L));
        var reply = ask(port, "GET / HTTP/1.1", "Host: " + HOST, "Authorization: Bearer " + expired);

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.header("WWW-Authenticate").orElseThrow()).contains("the token has expired");
        assertThat(agents.pending()).isZero();
    }

    @Test
    void aUserWhoIsNotAllowedDoesNotReachTheAgent() {
        assertThat(ask(port, "GET / HTTP/1.1", "Host: " + HOST, bearer("ann@evil.com"))
                        .status())
                .isEqualTo(403);
        assertThat(agents.pending()).isZero();
    }

    @Test
    void aTokenForOneHostIsNoneForAnother() {
        var reply = ask(
                port,
                "GET / HTTP/1.1",
                "Host: another.agents.example.com",
                bearer("ann@example.com"),
                "X-Original-Host: " + HOST,
                "X-Forwarded-Host: " + HOST);

        assertThat(reply.status()).isEqualTo(401);
        assertThat(agents.pending()).isZero();
    }

    @Test
    void keysThatCannotBeHadAre503() {
        var reply = ask(
                port,
                "GET / HTTP/1.1",
                "Host: away.agents.example.com",
                "Authorization: Bearer " + validator().token(away, "ann@example.com"));

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.all("Retry-After")).containsExactly("1");
        assertThat(agents.pending()).isZero();
    }

    @Test
    void anAgentsOwnErrorIsLeftAlone() {
        agents.answer("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops");
        var reply = ask(port, "GET / HTTP/1.1", "Host: " + HOST, bearer("ann@example.com"));
        agents.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).isEqualTo("oops");
    }

    @Test
    void withoutTheValidatorNothingPasses() throws IOException {
        int another = freePort();
        var alone = start(another, "127.0.0.1:" + freePort());
        try {
            var reply = ask(another, "GET / HTTP/1.1", "Host: " + HOST, bearer("ann@example.com"));

            assertThat(reply.status()).isEqualTo(503);
            assertThat(agents.pending()).isZero();
        } finally {
            alone.destroy();
        }
    }

    private RawHttp.Response ask(int at, String requestLine, String... headers) {
        var lines = String.join("\r\n", headers);
        var request =
                requestLine + "\r\nConnection: close\r\n" + lines + (lines.contains("\r\n\r\n") ? "" : "\r\n\r\n");
        return RawHttp.exchange(at, request).orElseThrow();
    }

    private String bearer(String email) {
        return "Authorization: Bearer " + validator().token(issuer, email);
    }

    private Process start(int listen, String validatorAt) throws IOException {
        var block = Pattern.compile("```nginx\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(PAGE));
        assertThat(block.find()).isTrue();
        var server = block.group(1)
                .replace("listen 8080;", "listen 127.0.0.1:" + listen + ";")
                .replace("server jwt-validator:8103;", "server " + validatorAt + ";")
                .replace("server agents:9000;", "server 127.0.0.1:" + agents.port() + ";");
        assertThat(server).doesNotContain("8103").doesNotContain("9000");
        var home = Files.createDirectory(folder.resolve("nginx-" + listen));
        var configuration = home.resolve("nginx.conf");
        Files.writeString(configuration, """
                daemon off;
                master_process off;
                pid %1$s/pid;
                events {}
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                %2$s
                }
                """.formatted(home, server));
        var process = new ProcessBuilder(
                        "nginx", "-p", home.toString(), "-c", configuration.toString(), "-e", home + "/error.log")
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("output").toFile())
                .start();
        RunningValidator.await("nginx listens: " + home, () -> {
            if (!process.isAlive()) {
                throw new AssertionError("nginx ended: " + home.resolve("error.log"));
            }
            return listens(listen);
        });
        return process;
    }

    private RunningValidator validator() {
        return java.util.Objects.requireNonNull(running);
    }

    private static boolean isThere() {
        try {
            var process = new ProcessBuilder("nginx", "-v")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean listens(int at) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), at)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
