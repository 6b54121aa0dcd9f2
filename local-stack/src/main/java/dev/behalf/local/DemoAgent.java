package dev.behalf.local;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.TreeMap;

/// An agent to play with: it answers with what it received.
final class DemoAgent {

    private static final int MAX_BODY = 64 * 1024;

    private DemoAgent() {}

    /// Serves until the process ends.
    static void serve(int port) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        server.createContext("/", exchange -> {
            try (exchange) {
                var headers = new TreeMap<String, Object>(String.CASE_INSENSITIVE_ORDER);
                exchange.getRequestHeaders()
                        .forEach((name, values) -> headers.put(name, values.size() == 1 ? values.getFirst() : values));
                var received = new LinkedHashMap<String, Object>();
                received.put("method", exchange.getRequestMethod());
                received.put("path", exchange.getRequestURI().toString());
                received.put("headers", headers);
                received.put("bodyBytes", exchange.getRequestBody().readNBytes(MAX_BODY).length);
                var body = Json.write(received);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
    }
}
