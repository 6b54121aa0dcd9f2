package dev.behalf.authz.client;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A host on which a client publishes its metadata and keys.
public final class ClientHost implements AutoCloseable {

    /// What it answers.
    public record Page(int status, Map<String, String> headers, String body) {
        public static Page json(String body) {
            return new Page(200, Map.of("Content-Type", "application/json"), body);
        }
    }

    private final HttpServer server;
    private final Map<String, Page> pages = new ConcurrentHashMap<>();
    private final AtomicInteger requests = new AtomicInteger();

    public ClientHost() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            var page = pages.getOrDefault(exchange.getRequestURI().toString(), new Page(404, Map.of(), "none"));
            page.headers.forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
            var body = page.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(page.status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    /// `host:port`.
    public String authority() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public String url(String path) {
        return "http://" + authority() + path;
    }

    /// Answers so at that path from now on; returns its URL.
    @com.google.errorprone.annotations.CanIgnoreReturnValue
    public String publish(String path, Page page) {
        pages.put(path, page);
        return url(path);
    }

    /// How many requests came so far.
    public int requests() {
        return requests.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
