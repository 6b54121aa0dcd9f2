package dev.behalf.vault;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.revocation.RevocationFeed;
import dev.behalf.testkit.Eventually;
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
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The vault, started for a test, and those who call it over HTTP.
public final class RunningVault implements AutoCloseable {

    /// All that an operator may do here.
    public static final String ALL_SCOPES =
            "vault-keys:read vault-keys:write vault-providers:read vault-providers:write vault-users:write audit:read";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// Replicas share their keystore.
    private static final Map<Map<String, String>, String> keyFiles = new ConcurrentHashMap<>();

    private final HttpClient http = HttpClient.newHttpClient();
    private final ApplicationContext context;
    private final int port;

    private RunningVault(ApplicationContext context) {
        this.context = context;
        this.port = context.getBean(EmbeddedServer.class).getPort();
        var revocations = context.getBean(RevocationFeed.class);
        Eventually.holds("the vault knows what is revoked", revocations::isReady);
    }

    /// On a new database of the shared server, without Kafka.
    public static RunningVault start() {
        return start(Map.of());
    }

    /// The same with other settings.
    public static RunningVault start(Map<String, Object> more) {
        return start(TestPostgres.shared().newDatabase(), more);
    }

    /// @param database the settings of its database; two vaults with the same are two replicas
    /// @param more     other settings
    public static RunningVault start(Map<String, String> database, Map<String, Object> more) {
        return new RunningVault(TokenVault.start(settings(database, more)));
    }

    /// All settings of such a vault, for one in another process.
    public static Map<String, Object> settings(Map<String, String> database, Map<String, Object> more) {
        var settings = new HashMap<String, Object>(database);
        settings.putAll(FakeAuthzServer.shared().settings());
        settings.put("behalf.vault.keys.provider", "local");
        settings.put("behalf.revocations.stale-for", "36500d"); // the clocks of some tests leap
        settings.put("behalf.vault.keys.local.keystore", keyFiles.computeIfAbsent(database, _ -> newKeyFile()));
        settings.put("micronaut.server.host", "127.0.0.1");
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        settings.putAll(more);
        return settings;
    }

    private static String newKeyFile() {
        try {
            var folder = Files.createTempDirectory("behalf-keys");
            folder.toFile().deleteOnExit();
            var file = folder.resolve("keys.json");
            file.toFile().deleteOnExit();
            folder.resolve("keys.json.lock").toFile().deleteOnExit();
            return file.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public ApplicationContext context() {
        return context;
    }

    /// A bean of the vault, to be called as the vault's own code does.
    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /// Does this to the database, as a thief would or the future may; emits how many rows it changed.
    @CanIgnoreReturnValue
    public long sql(String statement) {
        return Objects.requireNonNull(
                bean(Database.class).update(statement, bound -> bound).block());
    }

    /// The texts that a query of one column, a text, finds.
    public List<String> texts(String query) {
        return Objects.requireNonNull(bean(Database.class)
                .query(query, bound -> bound, row -> String.valueOf(row.get(0, String.class)))
                .collectList()
                .block());
    }

    /// The clock that a vault has which was started with `behalf.test.clock`.
    public TestClock clock() {
        return context.getBean(TestClock.class);
    }

    public int port() {
        return port;
    }

    /// The `Authorization` header of an operator with those scopes.
    public static String operator(String scopes) {
        return "Bearer " + FakeAuthzServer.shared().token(Audience.TOKEN_VAULT, scopes);
    }

    /// The `Authorization` header of an agent that acts for a user: a delegated token.
    public static String agent(String user, String agent, String scopes) {
        return "Bearer "
                + FakeAuthzServer.shared()
                        .token(
                                Audience.TOKEN_VAULT,
                                scopes,
                                Map.of("sub", user, "client_id", agent, "act", Map.of("sub", agent)));
    }

    /// As an operator who may do everything here.
    public HttpResponse<String> get(String path) {
        return get(path, operator(ALL_SCOPES));
    }

    public HttpResponse<String> get(String path, @Nullable String authorization) {
        return send(request(path, authorization).GET());
    }

    /// As an operator who may do everything here.
    @CanIgnoreReturnValue
    public HttpResponse<String> delete(String path) {
        return send(request(path, operator(ALL_SCOPES)).DELETE());
    }

    /// POST of JSON as an operator who may do everything here.
    @CanIgnoreReturnValue
    public HttpResponse<String> post(String path, Map<String, ?> body) {
        return post(path, body, operator(ALL_SCOPES));
    }

    @CanIgnoreReturnValue
    public HttpResponse<String> post(String path, Map<String, ?> body, @Nullable String authorization) {
        return send(request(path, authorization)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(new LinkedHashMap<String, Object>(body)))));
    }

    /// PUT of JSON as an operator who may do everything here.
    @CanIgnoreReturnValue
    public HttpResponse<String> put(String path, Map<String, ?> body) {
        return send(request(path, operator(ALL_SCOPES))
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(Json.write(new LinkedHashMap<String, Object>(body)))));
    }

    /// @param authorization the header of that name, or null for none
    public HttpRequest.Builder request(String path, @Nullable String authorization) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE);
        return authorization == null ? request : request.header("Authorization", authorization);
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

    /// The body as a JSON object.
    public static Map<String, @Nullable Object> json(HttpResponse<String> reply) {
        return Json.readObject(reply.body());
    }

    /// `error` of a problem.
    public static String error(HttpResponse<String> reply) {
        return String.valueOf(json(reply).get("error"));
    }

    @Override
    public void close() {
        http.close();
        context.close();
    }
}
