package dev.behalf.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The vault's wire contract, `POST /internal/injections`, with a test's own answers.
final class FakeVault implements AutoCloseable {

    /// @param headers of the answer, besides its type
    record Answer(int status, Map<String, String> headers, Map<String, Object> body) {}

    /// Answers a question, on a thread of its own.
    @FunctionalInterface
    interface Giving {
        Answer give(Map<String, @Nullable Object> question) throws InterruptedException;
    }

    private final HttpServer server;
    private final List<Map<String, @Nullable Object>> questions = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final List<String> requestIds = new CopyOnWriteArrayList<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private volatile Giving giving = FakeVault::given;

    FakeVault() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/internal/injections", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var question = Json.readObject(exchange.getRequestBody().readAllBytes());
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            requestIds.add(String.valueOf(exchange.getRequestHeaders().getFirst("X-Request-Id")));
            questions.add(question);
            var answer = giving.give(question);
            var body = Json.write(answer.body());
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            unanswered.incrementAndGet(); // the gateway left
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// Answers this way from now on.
    void give(Giving how) {
        giving = how;
    }

    /// Answers as at first from now on, and forgets what was asked.
    void clear() {
        giving = FakeVault::given;
        questions.clear();
        authorizations.clear();
        requestIds.clear();
    }

    List<Map<String, @Nullable Object>> questions() {
        return questions;
    }

    List<String> authorizations() {
        return authorizations;
    }

    List<String> requestIds() {
        return requestIds;
    }

    /// How many answers nobody took.
    int unanswered() {
        return unanswered.get();
    }

    /// A token that tells for whom it is.
    static Answer given(Map<String, @Nullable Object> question) {
        return given("provider-token-of-" + question.get("user"));
    }

    static Answer given(String token) {
        return new Answer(
                200,
                Map.of(),
                Map.of(
                        "status", "active",
                        "connection", "c1",
                        "account", "octocat",
                        "access_token", token,
                        "token_type", "bearer",
                        "scopes", List.of("repo")));
    }

    static Answer refused(String status) {
        var body = new LinkedHashMap<String, Object>();
        body.put("status", status);
        body.put("error", "CONSENT_REQUIRED");
        body.put("detail", "the user has to do something");
        body.put("authorization_url", "http://gateway.example/connections/connect/github?agent=client-1");
        body.put("internal", "nobody's business");
        return new Answer(403, Map.of(), body);
    }

    static Answer problem(int status, String detail, Map<String, String> headers) {
        return new Answer(
                status,
                headers,
                Map.of(
                        "error",
                        detail,
                        "type",
                        "urn:behalf:problem:x",
                        "title",
                        "X",
                        "status",
                        (long) status,
                        "detail",
                        detail));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
