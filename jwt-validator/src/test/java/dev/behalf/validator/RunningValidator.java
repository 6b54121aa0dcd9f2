package dev.behalf.validator;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeIdentityProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The validator, started for a test, with a registry that has what the test registers, and Kafka away.
public final class RunningValidator implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HttpClient http = HttpClient.newHttpClient();
    private final HttpServer registry;
    private final Map<String, ProviderState> registered = new LinkedHashMap<>();
    private final ApplicationContext context;
    private final int port;
    private long revision;
    private volatile byte[] snapshot = new byte[0];
    private volatile String etag = "";

    private RunningValidator(Map<String, Object> more) {
        publish();
        registry = registry();
        var settings = new HashMap<String, Object>(FakeAuthzServer.shared().settings());
        settings.put(
                "behalf.providers.registry",
                "http://127.0.0.1:" + registry.getAddress().getPort());
        settings.put("behalf.providers.poll-every", "200ms");
        settings.put("behalf.kafka.bootstrap-servers", "127.0.0.1:1");
        settings.put("behalf.test.clock", true);
        settings.put("micronaut.server.host", "127.0.0.1");
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        settings.putAll(more);
        context = JwtValidator.start(settings);
        port = context.getBean(EmbeddedServer.class).getPort();
        await("the view is whole", () -> feed().isReady());
    }

    /// One that may call those issuers on the loopback interface.
    public static RunningValidator start(FakeIdentityProvider... issuers) {
        return start(Map.of(), issuers);
    }

    /// @param more other settings
    public static RunningValidator start(Map<String, Object> more, FakeIdentityProvider... issuers) {
        var settings = new HashMap<>(more);
        settings.putIfAbsent(
                "behalf.outbound.allow",
                Arrays.stream(issuers).map(FakeIdentityProvider::hostAndPort).toList());
        return new RunningValidator(settings);
    }

    public int port() {
        return port;
    }

    public ApplicationContext context() {
        return context;
    }

    public TestClock clock() {
        return context.getBean(TestClock.class);
    }

    /// The sum of the counters of that name that have these tags.
    public double counted(String name, String... tags) {
        return context.getBean(MeterRegistry.class).find(name).tags(tags).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    /// Registers or changes them, and returns when the validator knows.
    public void register(Provider... providers) {
        for (var provider : providers) {
            registered.put(provider.name(), provider.at(++revision));
        }
        publish();
        await(
                "the providers are known",
                () -> Arrays.stream(providers).allMatch(provider -> {
                    var known = feed().now().byKey("default/" + provider.name());
                    return known != null && known.equals(registered.get(provider.name()));
                }));
    }

    /// Deletes it, and returns when the validator knows.
    public void delete(String name) {
        registered.remove(name);
        revision++;
        publish();
        await("the provider is gone", () -> feed().now().byKey("default/" + name) == null);
    }

    /// The revision of the provider.
    public long revision(String name) {
        return java.util.Objects.requireNonNull(registered.get(name)).revision();
    }

    public Map<String, @Nullable Object> verdict(String token, String host) {
        return ask("/v1/verdicts", Map.of("token", token, "host", host));
    }

    public Map<String, @Nullable Object> ask(String path, Map<String, ?> question) {
        var reply = post(path, Json.write(question), "Content-Type", "application/json");
        if (reply.statusCode() != 200) {
            throw new AssertionError(reply.statusCode() + " " + reply.body());
        }
        return Json.readObject(reply.body());
    }

    /// What the validator says of the provider's key set.
    public Map<String, @Nullable Object> keys(String name) {
        return Json.readObject(get("/v1/providers/default/" + name + "/keys").body());
    }

    public HttpResponse<String> get(String path, String... headers) {
        return send(request(path, headers).GET());
    }

    public HttpResponse<String> post(String path, byte[] body, String... headers) {
        return send(request(path, headers).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    public HttpResponse<String> send(String method, String path, byte[] body, String... headers) {
        return send(request(path, headers).method(method, HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /// The `Authorization` header of a service that may ask for verdicts.
    public String authorization() {
        long now = clock().instant().getEpochSecond();
        return "Bearer "
                + FakeAuthzServer.shared()
                        .token("urn:behalf:jwt-validator", "tokens:judge", Map.of("iat", now, "exp", now + 60));
    }

    /// A good token of the issuer for the user by the validator's clock, with some claims set otherwise.
    public String token(FakeIdentityProvider issuer, String email, Map<String, @Nullable Object> changes) {
        var all = new HashMap<String, @Nullable Object>();
        long now = clock().instant().getEpochSecond();
        all.put("iat", now);
        all.put("exp", now + 300);
        all.putAll(changes);
        return issuer.token(email, all);
    }

    public String token(FakeIdentityProvider issuer, String email) {
        return token(issuer, email, Map.of());
    }

    /// Waits until the condition holds.
    public static void await(String what, BooleanSupplier condition) {
        await(() -> what, condition);
    }

    /// @param what should have happened and, if it helps, what did
    public static void await(Supplier<String> what, BooleanSupplier condition) {
        var end = Instant.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError("never happened: " + what.get());
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Override
    public void close() {
        context.close();
        registry.stop(0);
    }

    private ProviderFeed feed() {
        return context.getBean(ProviderFeed.class);
    }

    private HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE)
                .header("Authorization", authorization());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request;
    }

    @CanIgnoreReturnValue
    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void publish() {
        var providers = registered.values().stream().map(ProviderState::toJson).toList();
        snapshot = Json.write(Map.of("revision", revision, "providers", List.copyOf(providers)));
        etag = "\"" + revision + "\"";
    }

    private HttpServer registry() {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
            server.createContext("/internal/identity-providers", exchange -> {
                try (exchange) {
                    var body = snapshot;
                    if (etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
                        exchange.sendResponseHeaders(304, -1);
                        return;
                    }
                    exchange.getResponseHeaders().set("ETag", etag);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                }
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
