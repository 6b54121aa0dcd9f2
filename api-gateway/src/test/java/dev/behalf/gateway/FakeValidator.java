package dev.behalf.gateway;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// jwt-validator's wire contract, `POST /v1/verdicts`, with a test's own verdicts.
final class FakeValidator implements AutoCloseable {

    /// The key of the provider that the verdicts are about.
    static final String PROVIDER = "default/corp";

    /// Answers a question, on a thread of its own.
    @FunctionalInterface
    interface Judge {
        Map<String, Object> judge(String token, String host) throws InterruptedException;
    }

    private final HttpServer server;
    private final AtomicInteger questions = new AtomicInteger();
    private final Map<String, AtomicInteger> byToken = new ConcurrentHashMap<>();
    private final Map<String, String> resources = new ConcurrentHashMap<>();
    private volatile Judge judge = (token, _) -> byName(token);
    private volatile int status = 200;

    FakeValidator() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/verdicts", exchange -> {
            try (exchange) {
                var question = Json.readObject(exchange.getRequestBody().readAllBytes());
                var token = String.valueOf(question.get("token"));
                var host = String.valueOf(question.get("host"));
                if (!host.equals("readiness.invalid")) {
                    questions.incrementAndGet();
                    byToken.computeIfAbsent(token, _ -> new AtomicInteger()).incrementAndGet();
                }
                resources.put(token, String.valueOf(question.get("resource")));
                var body = Json.write(judge.judge(token, host));
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// Judges this way from now on.
    void judge(Judge how) {
        judge = how;
        status = 200;
    }

    /// Judges as at first: `token-of-ann` is ann@example.com's, anything else nobody's.
    void judgeByName() {
        judge((token, _) -> byName(token));
    }

    /// Does not answer until the latch is down; then judges as at first.
    void hang(CountDownLatch until) {
        judge((token, _) -> {
            until.await();
            return byName(token);
        });
    }

    void answerStatus(int code) {
        status = code;
    }

    /// How many tokens were asked about so far.
    int questions() {
        return questions.get();
    }

    /// How often that token was asked about so far.
    int questionsAbout(String token) {
        var count = byToken.get(token);
        return count == null ? 0 : count.get();
    }

    /// The resource that the token was last asked about for; `null`: none.
    String resourceOf(String token) {
        return String.valueOf(resources.get(token));
    }

    /// The verdict on an access token of our own.
    static Map<String, Object> delegated(String userId, String grant, String tokenId, String... scopes) {
        long now = Instant.now().getEpochSecond();
        var json = new LinkedHashMap<String, Object>();
        json.put("outcome", "accepted");
        json.put("userId", userId);
        json.put("subject", "sub-of-" + userId);
        json.put("issuer", "http://behalf.test");
        json.put("clientId", "client-1");
        json.put("scopes", List.of(scopes));
        json.put("act", Map.of("sub", "agent-1"));
        json.put("grant", grant);
        json.put("tokenId", tokenId);
        json.put("issuedAt", now);
        json.put("expiresAt", now + 300);
        return json;
    }

    static Map<String, Object> byName(String token) {
        return token.startsWith("token-of-")
                ? accepted(token.substring("token-of-".length()) + "@example.com", 1)
                : refused(401, "the token is nobody's");
    }

    static Map<String, Object> accepted(String userId, long revision) {
        return accepted(userId, revision, Instant.now().getEpochSecond() + 3600);
    }

    static Map<String, Object> accepted(String userId, long revision, long expiresAt) {
        return Map.of(
                "outcome",
                "accepted",
                "userId",
                userId,
                "issuer",
                "https://idp.example",
                "provider",
                PROVIDER,
                "revision",
                revision,
                "expiresAt",
                expiresAt);
    }

    static Map<String, Object> refused(int status, String detail) {
        var json = new LinkedHashMap<String, Object>();
        json.put("outcome", "refused");
        json.put("status", (long) status);
        json.put("error", status == 403 ? "access_denied" : "invalid_token");
        json.put("detail", detail);
        json.put("cacheFor", 1L);
        return json;
    }

    static Map<String, Object> unavailable(String detail, long retryAfter) {
        return Map.of("outcome", "unavailable", "detail", detail, "retryAfter", retryAfter);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
