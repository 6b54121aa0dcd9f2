package dev.behalf.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// An authorization server of a test, on a database and a port of its own, and what its clients do.
public final class RunningAuthzServer implements AutoCloseable {

    public static final String SECRET = "a-client-secret-that-is-long-enough-for-all";
    public static final String ISSUER = "http://behalf.test";
    public static final String AUTHZ = "urn:behalf:authz-server";
    public static final String REGISTRY = "urn:behalf:idp-registry";
    private static final String FORM = "application/x-www-form-urlencoded";

    private final HttpClient http = HttpClient.newHttpClient();
    private final ApplicationContext context;
    private final String base;

    private RunningAuthzServer(ApplicationContext context) {
        this.context = context;
        this.base = context.getBean(EmbeddedServer.class).getURL().toString();
    }

    /// One with a new database.
    public static RunningAuthzServer start() {
        return start(TestPostgres.shared().newDatabase(), Map.of());
    }

    /// @param database its settings
    /// @param more     settings of the test
    public static RunningAuthzServer start(Map<String, String> database, Map<String, Object> more) {
        var settings = new HashMap<String, Object>(database);
        for (var client : List.of("operator", "api-gateway", "jwt-validator", "idp-registry")) {
            settings.put("behalf.authz.clients." + client + ".secret", SECRET);
        }
        settings.put("behalf.authz.keys.encryption-key", "a-key-encryption-key-of-this-test-0123456789");
        settings.put("behalf.oauth.issuer", ISSUER);
        settings.put("behalf.oauth.server", "http://127.0.0.1:1");
        settings.put("micronaut.server.host", "127.0.0.1");
        settings.put("micronaut.server.port", -1);
        settings.put("endpoints.all.port", -1);
        settings.putAll(more);
        return new RunningAuthzServer(AuthzServer.start(settings));
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public TestClock clock() {
        return bean(TestClock.class);
    }

    /// A connection to its database.
    public static Connection open(Map<String, String> database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + database.get("behalf.database.host") + ":" + database.get("behalf.database.port")
                        + "/" + database.get("behalf.database.name"),
                database.get("behalf.database.user"),
                database.get("behalf.database.password"));
    }

    /// The first column of what the query finds.
    public static List<String> query(Map<String, String> database, String sql) throws SQLException {
        try (var connection = open(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var all = new ArrayList<String>();
            while (rows.next()) {
                all.add(rows.getString(1));
            }
            return all;
        }
    }

    public HttpResponse<String> token(String form, String client, String secret) {
        return post(
                "/oauth/token",
                form,
                request -> request.header("Content-Type", FORM).header("Authorization", basic(client, secret)));
    }

    /// The gateway's own access token for this server.
    public String gatewayToken() {
        return accessToken(token("grant_type=client_credentials&resource=" + AUTHZ, "api-gateway", SECRET));
    }

    /// An operator's access token for the management APIs.
    public String operatorToken() {
        return accessToken(token("grant_type=client_credentials", "operator", SECRET));
    }

    /// What the gateway gets for a credential.
    public HttpResponse<String> exchange(String credential, String audience) {
        return exchange(gatewayToken(), credential, audience);
    }

    public HttpResponse<String> exchange(String gatewayToken, String credential, String audience) {
        return postJson(
                "/internal/credentials",
                Json.text(Map.of("credential", credential, "audience", audience)),
                gatewayToken);
    }

    /// The token with which an operator's request reaches this server through the gateway.
    public String internalToken() {
        return internalToken("");
    }

    /// The same with one scope only.
    public String internalToken(String scope) {
        var form = "grant_type=client_credentials" + (scope.isEmpty() ? "" : "&scope=" + scope);
        return accessToken(exchange(accessToken(token(form, "operator", SECRET)), AUTHZ));
    }

    /// What introspection tells the operator of the token.
    public Map<String, @Nullable Object> introspect(String token) {
        var reply = post(
                "/oauth/introspect",
                "token=" + token,
                request -> request.header("Content-Type", FORM).header("Authorization", basic("operator", SECRET)));
        assertThat(reply.statusCode()).isEqualTo(200);
        return Json.readObject(reply.body());
    }

    /// Makes an API key as an operator does, and returns the answer.
    public Map<String, @Nullable Object> createKey(String body) {
        var reply = postJson("/auth/api-keys", body, internalToken());
        assertThat(reply.statusCode()).isEqualTo(201);
        return Json.readObject(reply.body());
    }

    public HttpResponse<String> postJson(String path, String body, String token) {
        return post(
                path,
                body,
                request ->
                        request.header("Content-Type", "application/json").header("Authorization", "Bearer " + token));
    }

    public HttpResponse<String> post(String path, String body, UnaryOperator<HttpRequest.Builder> with) {
        return send(with.apply(request(path)).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    public HttpResponse<String> get(String path, @Nullable String token) {
        return call("GET", path, token);
    }

    /// A request without a body.
    public HttpResponse<String> call(String method, String path, @Nullable String token) {
        var request = request(path).method(method, HttpRequest.BodyPublishers.noBody());
        return send(token == null ? request : request.header("Authorization", "Bearer " + token));
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path));
    }

    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    public static String accessToken(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).isEqualTo(200);
        return String.valueOf(Json.readObject(reply.body()).get("access_token"));
    }

    public static Map<String, @Nullable Object> claims(String jwt) {
        return Json.readObject(Base64.getUrlDecoder().decode(jwt.split("\\.")[1]));
    }

    /// The `kid` of a token's header.
    public static String keyId(String jwt) {
        return String.valueOf(Json.readObject(Base64.getUrlDecoder().decode(jwt.split("\\.")[0]))
                .get("kid"));
    }

    @SuppressWarnings("unchecked")
    public static Map<String, @Nullable Object> object(@Nullable Object value) {
        return (Map<String, @Nullable Object>) java.util.Objects.requireNonNull(value);
    }

    /// Checks that the answer is a problem of that status and shows none of the secrets.
    public static void isProblem(HttpResponse<String> reply, int status, String... secrets) {
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(Json.readObject(reply.body()))
                .containsEntry("status", (long) status)
                .containsKeys("error", "type", "title", "detail");
        for (var secret : secrets) {
            assertThat(reply.body()).doesNotContain(secret);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
