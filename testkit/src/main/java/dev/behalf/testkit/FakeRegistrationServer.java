package dev.behalf.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An authorization server that says where it is (RFC 8414), registers clients (RFC 7591), lets them manage
/// that (RFC 7592), and protects an MCP server (RFC 9728). One user is signed in, who agrees to everything.
///
/// It can be told to answer otherwise: with other metadata, with anything at a path, with secrets that expire.
public final class FakeRegistrationServer implements AutoCloseable {

    /// Where its issuer may be, and under which name it says so.
    public enum Form {
        /// The issuer is the origin; `oauth-authorization-server`.
        ROOT("", "/.well-known/oauth-authorization-server"),
        /// The issuer has a path, which comes behind the well-known name (RFC 8414 §3.1).
        PATH_INSERTED("/tenant", "/.well-known/oauth-authorization-server/tenant"),
        /// The same, by the name of OpenID Connect.
        OPENID_INSERTED("/tenant", "/.well-known/openid-configuration/tenant"),
        /// The well-known name comes behind the path (OpenID Connect Discovery §4).
        OPENID_APPENDED("/tenant", "/tenant/.well-known/openid-configuration"),
        /// The same with the OAuth name, as some do.
        PATH_APPENDED("/tenant", "/tenant/.well-known/oauth-authorization-server");

        private final String path;
        private final String wellKnown;

        Form(String path, String wellKnown) {
            this.path = path;
            this.wellKnown = wellKnown;
        }
    }

    /// A request that arrived.
    public record Arrived(
            String method, String path, @Nullable String authorization, String body) {}

    /// What it is told to answer at a path, whoever asks.
    public record Answer(int status, Map<String, String> headers, String body) {}

    private record Client(
            String id, @Nullable String secret, String token, Map<String, @Nullable Object> metadata, long expiresAt) {}

    private record Code(
            String clientId,
            String challenge,
            String redirectUri,
            @Nullable String resource) {}

    private final HttpServer server;
    private final Form form;
    private final Map<String, Client> clients = new ConcurrentHashMap<>();
    private final Map<String, Code> codes = new ConcurrentHashMap<>();
    private final Map<String, String> refreshTokens = new ConcurrentHashMap<>(); // to the client
    private final Set<String> accessTokens = ConcurrentHashMap.newKeySet();
    private final Set<String> secrets = ConcurrentHashMap.newKeySet();
    private final Map<String, @Nullable Object> metadata = new ConcurrentHashMap<>();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Arrived> arrived = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private volatile Duration slowness = Duration.ZERO;
    private volatile long secretsExpireAt;
    private volatile @Nullable String initialAccessToken;
    private volatile boolean manages = true;

    public FakeRegistrationServer(Form form) {
        this.form = form;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    public String issuer() {
        return "http://" + host() + form.path;
    }

    /// Its host and port.
    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /// The URL of the MCP server that it protects.
    public String resource() {
        return "http://" + host() + "/mcp";
    }

    /// Sets a member of its metadata; an empty text leaves it out.
    public void says(String name, Object value) {
        metadata.put(name, value);
    }

    /// Answers so at that path from now on; null: as before.
    public void answers(String path, @Nullable Answer answer) {
        if (answer == null) {
            answers.remove(path);
        } else {
            answers.put(path, answer);
        }
    }

    /// Answers as it did at first.
    public void asItWas() {
        metadata.clear();
        answers.clear();
        slowness = Duration.ZERO;
        secretsExpireAt = 0;
        initialAccessToken = null;
        manages = true;
    }

    /// The path at which it describes itself.
    public String wellKnown() {
        return form.wellKnown;
    }

    /// How long a registration takes.
    public void slowness(Duration duration) {
        slowness = duration;
    }

    /// From now on secrets that it gives out expire then, in seconds since 1970; 0: never.
    public void secretsExpireAt(long seconds) {
        secretsExpireAt = seconds;
    }

    /// Wants this token of who registers; null: no longer.
    public void wants(@Nullable String token) {
        initialAccessToken = token;
    }

    /// Whether clients may manage their registration.
    public void manages(boolean yes) {
        manages = yes;
    }

    /// Forgets its clients.
    public void forgetClients() {
        clients.clear();
    }

    /// The ids of the clients that are registered.
    public Set<String> clients() {
        return new TreeSet<>(clients.keySet());
    }

    /// What a client is registered with.
    public Map<String, @Nullable Object> client(String id) {
        var client = clients.get(id);
        return client == null ? Map.of() : client.metadata;
    }

    /// Every secret that it ever gave out.
    public Set<String> secrets() {
        return Set.copyOf(secrets);
    }

    /// What arrived at a path.
    public List<Arrived> arrived(String method, String path) {
        return arrived.stream()
                .filter(one -> one.method.equals(method) && one.path.startsWith(path))
                .toList();
    }

    /// What it sends the user back with who has agreed at that URL.
    public Map<String, String> approve(URI authorizationUrl) {
        var asked = FakeOpenIdProvider.parameters(authorizationUrl.getRawQuery());
        var clientId = asked.getOrDefault("client_id", "");
        var client = clients.get(clientId);
        var redirectUri = asked.getOrDefault("redirect_uri", "");
        if (client == null
                || !(client.metadata.get("redirect_uris") instanceof List<?> list)
                || !list.contains(redirectUri)
                || !"S256".equals(asked.get("code_challenge_method"))) {
            throw new AssertionError("the user is told that the client is unknown, or wants what it may not have");
        }
        var code = "code-" + count.incrementAndGet();
        codes.put(
                code, new Code(clientId, asked.getOrDefault("code_challenge", ""), redirectUri, asked.get("resource")));
        return Map.of("code", code, "state", asked.getOrDefault("state", ""), "iss", issuer());
    }

    private void handle(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getRawPath();
        var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var authorization = exchange.getRequestHeaders().getFirst("Authorization");
        arrived.add(new Arrived(exchange.getRequestMethod(), path, authorization, body));
        var told = answers.get(path);
        if (told != null) {
            told.headers.forEach(exchange.getResponseHeaders()::set);
            send(exchange, told.status, told.body.getBytes(StandardCharsets.UTF_8));
        } else if (path.equals(form.wellKnown)) {
            json(exchange, 200, described());
        } else if (path.equals("/.well-known/oauth-protected-resource/mcp")) {
            json(
                    exchange,
                    200,
                    Map.of(
                            "resource", resource(),
                            "resource_name", "The tools",
                            "authorization_servers", List.of(issuer()),
                            "scopes_supported", List.of("tools:read")));
        } else if (path.equals("/mcp")) {
            exchange.getResponseHeaders()
                    .set(
                            "WWW-Authenticate",
                            "Bearer error=\"invalid_token\", resource_metadata=\"http://" + host()
                                    + "/.well-known/oauth-protected-resource/mcp\"");
            json(exchange, 401, Map.of("error", "invalid_token"));
        } else if (path.equals("/register")) {
            register(exchange, authorization, body);
        } else if (path.startsWith("/register/")) {
            manage(exchange, path.substring("/register/".length()), authorization, body);
        } else if (path.equals("/token")) {
            token(exchange, authorization, FakeOpenIdProvider.parameters(body));
        } else if (path.equals("/userinfo")) {
            boolean known = authorization != null && accessTokens.contains(authorization.replaceFirst("^Bearer ", ""));
            json(exchange, known ? 200 : 401, known ? Map.of("sub", "alice", "name", "Alice") : Map.of());
        } else if (path.equals("/revoke")) {
            json(exchange, 200, Map.of());
        } else {
            json(exchange, 404, Map.of("error", "not_found"));
        }
    }

    private Map<String, @Nullable Object> described() {
        var all = new LinkedHashMap<String, @Nullable Object>();
        all.put("issuer", issuer());
        all.put("authorization_endpoint", "http://" + host() + "/authorize");
        all.put("token_endpoint", "http://" + host() + "/token");
        all.put("registration_endpoint", "http://" + host() + "/register");
        all.put("revocation_endpoint", "http://" + host() + "/revoke");
        all.put("userinfo_endpoint", "http://" + host() + "/userinfo");
        all.put("response_types_supported", List.of("code"));
        all.put("scopes_supported", List.of("openid", "profile", "offline_access"));
        all.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic", "none"));
        all.put("code_challenge_methods_supported", List.of("S256"));
        all.put("authorization_response_iss_parameter_supported", true);
        metadata.forEach((name, value) -> {
            if ("".equals(value)) {
                all.remove(name);
            } else {
                all.put(name, value);
            }
        });
        return all;
    }

    private void register(HttpExchange exchange, @Nullable String authorization, String body) throws IOException {
        if (initialAccessToken != null && !("Bearer " + initialAccessToken).equals(authorization)) {
            json(exchange, 401, Map.of("error", "invalid_token"));
            return;
        }
        pause();
        var asked = Json.readObject(body);
        if (!(asked.get("redirect_uris") instanceof List<?> list) || list.isEmpty()) {
            json(exchange, 400, Map.of("error", "invalid_redirect_uri"));
            return;
        }
        int number = count.incrementAndGet();
        boolean isPublic = "none".equals(asked.get("token_endpoint_auth_method"));
        var client = new Client(
                "client-" + number,
                isPublic ? null : secret("client-secret-", number),
                secret("registration-token-", number),
                new LinkedHashMap<>(asked),
                secretsExpireAt);
        clients.put(client.id, client);
        json(exchange, 201, shown(client));
    }

    private void manage(HttpExchange exchange, String id, @Nullable String authorization, String body)
            throws IOException {
        var client = clients.get(id);
        if (client == null || !("Bearer " + client.token).equals(authorization)) {
            json(exchange, 401, Map.of("error", "invalid_token"));
            return;
        }
        switch (exchange.getRequestMethod()) {
            case "GET" -> json(exchange, 200, shown(client));
            case "DELETE" -> {
                clients.remove(id);
                send(exchange, 204, new byte[0]);
            }
            case "PUT" -> {
                var asked = new LinkedHashMap<String, @Nullable Object>(Json.readObject(body));
                if (!id.equals(asked.get("client_id"))
                        || asked.containsKey("registration_access_token")
                        || asked.containsKey("registration_client_uri")
                        || asked.containsKey("client_secret_expires_at")
                        || asked.containsKey("client_id_issued_at")) {
                    json(exchange, 400, Map.of("error", "invalid_client_metadata")); // RFC 7592 §2.2
                    return;
                }
                int number = count.incrementAndGet();
                asked.remove("client_id");
                // Another secret and another token, as it may give (RFC 7592 §3)
                var updated = new Client(
                        id,
                        client.secret == null ? null : secret("client-secret-", number),
                        secret("registration-token-", number),
                        asked,
                        secretsExpireAt);
                clients.put(id, updated);
                json(exchange, 200, shown(updated));
            }
            default -> json(exchange, 405, Map.of());
        }
    }

    private Map<String, @Nullable Object> shown(Client client) {
        var all = new LinkedHashMap<String, @Nullable Object>(client.metadata);
        all.put("client_id", client.id);
        if (client.secret != null) {
            all.put("client_secret", client.secret);
            all.put("client_secret_expires_at", client.expiresAt);
        }
        if (manages) {
            all.put("registration_access_token", client.token);
            all.put("registration_client_uri", "http://" + host() + "/register/" + client.id);
        }
        return all;
    }

    private void token(HttpExchange exchange, @Nullable String authorization, Map<String, String> form)
            throws IOException {
        var client = authenticated(authorization, form);
        if (client == null) {
            json(exchange, 401, Map.of("error", "invalid_client"));
            return;
        }
        String resource = form.get("resource");
        if ("authorization_code".equals(form.get("grant_type"))) {
            var code = codes.remove(form.getOrDefault("code", ""));
            if (code == null
                    || !code.clientId.equals(client.id)
                    || !code.redirectUri.equals(form.get("redirect_uri"))
                    || !code.challenge.equals(challenge(form.getOrDefault("code_verifier", "")))) {
                json(exchange, 400, Map.of("error", "invalid_grant"));
                return;
            }
            if (code.resource != null && !code.resource.equals(resource)) {
                json(exchange, 400, Map.of("error", "invalid_target"));
                return;
            }
        } else if (!client.id.equals(refreshTokens.remove(form.getOrDefault("refresh_token", "")))) {
            json(exchange, 400, Map.of("error", "invalid_grant"));
            return;
        }
        int number = count.incrementAndGet();
        var access = secret("access-token-", number);
        var refresh = secret("refresh-token-", number);
        accessTokens.add(access);
        refreshTokens.put(refresh, client.id);
        json(
                exchange,
                200,
                Map.of("access_token", access, "token_type", "Bearer", "refresh_token", refresh, "expires_in", 90));
    }

    private @Nullable Client authenticated(@Nullable String authorization, Map<String, String> form) {
        for (var client : clients.values()) {
            if (client.secret == null) {
                if (client.id.equals(form.get("client_id"))) {
                    return client;
                }
            } else {
                var basic = "Basic "
                        + Base64.getEncoder()
                                .encodeToString((client.id + ":" + client.secret).getBytes(StandardCharsets.UTF_8));
                if (basic.equals(authorization)) {
                    return client;
                }
            }
        }
        return null;
    }

    private String secret(String prefix, int number) {
        var secret = prefix + "secret-" + number;
        secrets.add(secret);
        return secret;
    }

    private static String challenge(String verifier) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(verifier).bytes());
    }

    private void pause() {
        try {
            Thread.sleep(slowness);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void json(HttpExchange exchange, int status, Map<String, ?> body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        send(exchange, status, Json.write(body));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
