package dev.behalf.authz;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.testkit.FakeIdentityProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// idp-registry as the authorization server knows it: the snapshot that it polls.
public final class SnapshotOfProviders implements AutoCloseable {

    private final HttpServer server;
    private final AtomicLong revision = new AtomicLong();
    private volatile List<ProviderState> providers = List.of();

    public SnapshotOfProviders() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/internal/identity-providers", exchange -> {
            try (exchange) {
                var asked = exchange.getRequestHeaders().getFirst("Authorization");
                if (asked == null || !asked.startsWith("Bearer ")) {
                    exchange.sendResponseHeaders(401, -1);
                    return;
                }
                exchange.getResponseHeaders().set("ETag", "\"" + revision.get() + "\"");
                FakeIdentityProvider.ok(
                        exchange,
                        Json.text(Map.of(
                                "revision",
                                revision.get(),
                                "providers",
                                providers.stream().map(ProviderState::toJson).toList())));
            }
        });
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// These are registered from now on, and no others.
    public void set(ProviderState... now) {
        providers = List.of(now);
        revision.incrementAndGet();
    }

    /// A provider that names users by that claim, with users of those domains only; none: any.
    public static ProviderState provider(String issuer, String jwksUri, String userIdClaim, String... allowedDomains) {
        return new ProviderState(
                "default",
                "corp",
                1,
                "portal.example",
                issuer,
                List.of(),
                jwksUri,
                List.of(),
                List.of(),
                userIdClaim,
                List.of(allowedDomains));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
