package dev.behalf.vault.crypto;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// The wire protocol of a key service on the loopback interface, and its ways to fail.
public abstract class FakeKeyService implements AutoCloseable {

    /// @param body of JSON, or a text that is none
    public record Answer(int status, Object body) {}

    protected final java.util.List<String> calls = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean silent;
    private volatile @Nullable Answer always;

    @SuppressWarnings("this-escape") // nobody calls before the constructor of a test has returned
    protected FakeKeyService() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /// What a sound service answers.
    protected abstract Answer answer(HttpExchange request, byte[] body);

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readAllBytes();
            calls.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            if (silent) {
                closed.await();
                return;
            }
            var forced = always;
            var answer = forced != null ? forced : answer(exchange, body);
            var bytes = answer.body() instanceof String text
                    ? text.getBytes(java.nio.charset.StandardCharsets.UTF_8)
                    : Json.write(answer.body());
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.status(), answer.status() == 204 ? -1 : bytes.length);
            if (answer.status() != 204) {
                exchange.getResponseBody().write(bytes);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    protected static String header(HttpExchange request, String name) {
        return String.valueOf(request.getRequestHeaders().getFirst(name));
    }

    protected static Map<String, @Nullable Object> json(byte[] body) {
        return Json.readObject(body);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public java.util.List<String> calls() {
        return calls;
    }

    /// Takes requests and answers none.
    public void fallSilent() {
        silent = true;
    }

    /// Answers this to everything; null ends that.
    public void always(@Nullable Answer answer) {
        always = answer;
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
    }
}
