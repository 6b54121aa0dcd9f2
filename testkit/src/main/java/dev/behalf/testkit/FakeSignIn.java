package dev.behalf.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The part of the fake authorization server at which people sign in: `/oauth/authorize` sends a browser back
/// at once as whoever is [#next], a code is good once, for its client, redirect URI and verifier. It also says
/// who its clients are, to a service that asks.
public final class FakeSignIn {

    private record Code(String subject, Map<String, String> asked) {}

    private final String issuer;
    private final Function<Map<String, @Nullable Object>, String> sign;
    private final Map<String, Code> codes = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Object>> clients = new ConcurrentHashMap<>();
    private final Map<String, String> usernames = new ConcurrentHashMap<>();
    private final Map<String, Object> claims = new ConcurrentHashMap<>();
    private volatile String subject = "nobody";

    FakeSignIn(String issuer, HttpServer server, Function<Map<String, @Nullable Object>, String> sign) {
        this.issuer = issuer;
        this.sign = sign;
        server.createContext("/oauth/authorize", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("Location", authorize(exchange.getRequestURI()));
                exchange.sendResponseHeaders(303, -1);
            }
        });
        server.createContext("/oauth/userinfo", exchange -> {
            try (exchange) {
                var token = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
                var sub = token.replaceFirst("^Bearer access-of-", "");
                FakeIdentityProvider.ok(
                        exchange,
                        Json.text(Map.of("sub", sub, "preferred_username", usernames.getOrDefault(sub, sub))));
            }
        });
        server.createContext("/logout", exchange -> {
            try (exchange) {
                FakeIdentityProvider.ok(exchange, "{\"page\":\"sign out\"}");
            }
        });
        server.createContext("/api/v1/clients/", this::client);
    }

    /// Whoever comes from now on is signed in as that.
    public void next(String subject, String username) {
        this.subject = subject;
        usernames.put(subject, username);
    }

    /// Makes a client known.
    ///
    /// @param origin such as `operator` or `registered`
    public void client(String id, String name, String origin) {
        clients.put(id, Map.of("client_id", id, "client_name", name, "origin", origin, "enabled", true));
    }

    /// Sets a claim of every ID token from now on.
    public void claim(String name, Object value) {
        claims.put(name, value);
    }

    /// ID tokens are sound again.
    public void sound() {
        claims.clear();
    }

    private String authorize(URI request) {
        var asked = parameters(request.getRawQuery());
        var code = UUID.randomUUID().toString();
        codes.put(code, new Code(subject, asked));
        return asked.get("redirect_uri") + "?code=" + code + "&state=" + asked.get("state") + "&iss=" + issuer;
    }

    /// The answer of the token endpoint to `grant_type=authorization_code`.
    void token(HttpExchange exchange, Map<String, String> form) throws IOException {
        var code = codes.remove(form.getOrDefault("code", ""));
        var challenge = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                        Sha256.of(form.getOrDefault("code_verifier", "")).bytes());
        boolean good = code != null
                && challenge.equals(code.asked.get("code_challenge"))
                && "S256".equals(code.asked.get("code_challenge_method"))
                && form.getOrDefault("redirect_uri", "").equals(code.asked.get("redirect_uri"))
                && isClient(exchange, code.asked.getOrDefault("client_id", ""));
        if (code == null || !good) {
            var body = "{\"error\":\"invalid_grant\"}".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(400, body.length);
            exchange.getResponseBody().write(body);
            return;
        }
        long now = Instant.now().getEpochSecond();
        var all = new LinkedHashMap<String, @Nullable Object>();
        all.put("iss", issuer);
        all.put("sub", code.subject);
        all.put("aud", code.asked.get("client_id"));
        all.put("iat", now);
        all.put("exp", now + 600);
        all.put("nonce", code.asked.get("nonce"));
        all.putAll(claims);
        FakeIdentityProvider.ok(
                exchange,
                Json.text(Map.of(
                        "access_token",
                        "access-of-" + code.subject,
                        "token_type",
                        "Bearer",
                        "id_token",
                        sign.apply(all))));
    }

    private static boolean isClient(HttpExchange exchange, String id) {
        var header = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        return header.startsWith("Basic ")
                && new String(Base64.getDecoder().decode(header.substring(6)), StandardCharsets.US_ASCII)
                        .startsWith(id + ":");
    }

    private void client(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getRawPath();
            var id = URLDecoder.decode(path.substring(path.lastIndexOf('/') + 1), StandardCharsets.UTF_8);
            var client = clients.get(id);
            if (client == null) {
                exchange.sendResponseHeaders(404, -1);
            } else {
                FakeIdentityProvider.ok(exchange, Json.text(client));
            }
        }
    }

    private static Map<String, String> parameters(@Nullable String encoded) {
        return FakeOpenIdProvider.parameters(encoded == null ? "" : encoded);
    }
}
