package dev.behalf.registry;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.TestPostgres;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The registry, started for a test, and an operator who calls it over HTTP.
public final class RunningRegistry implements AutoCloseable {

    public static final String AUDIENCE = "urn:behalf:idp-registry";
    public static final String READ = "identity-providers:read";
    public static final String WRITE = "identity-providers:write";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HttpClient http = HttpClient.newHttpClient();
    private final ApplicationContext context;
    private final int port;
    private final String operator = FakeAuthzServer.shared().token(AUDIENCE, READ + " " + WRITE);

    private RunningRegistry(ApplicationContext context) {
        this.context = context;
        this.port = context.getBean(EmbeddedServer.class).getPort();
    }

    /// On a new database of the shared server, without Kafka.
    public static RunningRegistry start() {
        return start(TestPostgres.shared().newDatabase(), Map.of());
    }

    /// @param database the settings of its database
    /// @param more     other settings
    public static RunningRegistry start(Map<String, String> database, Map<String, Object> more) {
        var settings = new HashMap<String, Object>(database);
        settings.putAll(FakeAuthzServer.shared().settings());
        settings.put("behalf.validator.url", "http://127.0.0.1:1");
        settings.put("micronaut.server.host", "127.0.0.1");
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        settings.putAll(more);
        return new RunningRegistry(IdpRegistry.start(settings));
    }

    public ApplicationContext context() {
        return context;
    }

    public int port() {
        return port;
    }

    /// The `Authorization` header of an operator who may do everything here.
    public String authorization() {
        return "Bearer " + operator;
    }

    public HttpResponse<String> get(String path, String... headers) {
        return send(request(path, headers).GET());
    }

    @CanIgnoreReturnValue
    public HttpResponse<String> delete(String path, String... headers) {
        return send(request(path, headers).DELETE());
    }

    /// POST of JSON.
    public HttpResponse<String> post(String path, String body, String... headers) {
        return send(request(path, headers)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /// Puts a provider there that must be accepted.
    @CanIgnoreReturnValue
    public HttpResponse<String> put(String body) {
        var reply = post("/api/identity-providers", body);
        if (reply.statusCode() != 201) {
            throw new AssertionError(reply.statusCode() + " " + reply.body());
        }
        return reply;
    }

    /// A request as the operator.
    public HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE)
                .header("Authorization", authorization());
        return headers.length == 0 ? request : request.headers(headers);
    }

    /// The request, as it is.
    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A provider of that name, on a host of its own, that is good in every way.
    public static String provider(String name) {
        return provider(name, "");
    }

    /// The same with further members of `identityProvider`, each preceded by a comma.
    public static String provider(String name, String more) {
        return """
                {"name":"%s","spec":{"host":"%s.example.com","identityProvider":{"issuer":"https://idp.example.com",\
                "jwksUri":"https://idp.example.com/keys"%s},"userIDClaim":"email"}}""".formatted(name, name, more);
    }

    /// `error` of a problem.
    public static String error(HttpResponse<String> reply) {
        return String.valueOf(Json.readObject(reply.body()).get("error"));
    }

    /// The value of that response header, or null.
    public static @Nullable String header(HttpResponse<?> reply, String name) {
        return reply.headers().firstValue(name).orElse(null);
    }

    /// The names in a list of providers.
    public static List<String> names(HttpResponse<String> list) {
        return list(list).stream()
                .map(item -> String.valueOf(((Map<?, ?>) item).get("name")))
                .toList();
    }

    private static List<?> list(HttpResponse<String> reply) {
        if (Json.read(reply.body()) instanceof List<?> items) {
            return items;
        }
        throw new AssertionError("not a list: " + reply.body());
    }

    /// Waits until it is so.
    public static void await(String what, BooleanSupplier isSo) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Override
    public void close() {
        http.close();
        context.close();
    }
}
