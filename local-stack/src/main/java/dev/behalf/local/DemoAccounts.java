package dev.behalf.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// A service to play with, at which Alice and Bob have accounts that they can connect to the vault: an authorization
/// server with a page to allow the access, codes with PKCE (RFC 7636), refresh tokens that change with each use,
/// revocation (RFC 7009) and userinfo. It has one client, the vault, and forgets everything when the stack stops.
final class DemoAccounts {

    /// The provider's name in the vault.
    static final String NAME = "demo";

    private static final String CLIENT = "behalf-vault";
    private static final List<String> PEOPLE = List.of("alice", "bob");
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");
    private static final long LIFETIME_SECONDS = 600;
    private static final int MOST = 1_000;
    private static final int MAX_FORM = 16 * 1024;
    private static final String HTML = "text/html; charset=utf-8";

    /// What a code can be redeemed for.
    private record Code(String person, String scope, String redirectUri, String challenge) {}

    /// What a person allowed; its tokens come and go.
    private record Access(UUID id, String person, String scope) {}

    private final int port;
    private final Secret secret;
    private final Map<String, Code> codes = bounded();
    private final Map<String, Access> byRefreshToken = bounded();
    private final Map<String, Access> byAccessToken = bounded();

    private DemoAccounts(int port, Secret secret) {
        this.port = port;
        this.secret = secret;
    }

    static DemoAccounts of(DataFolder folder) {
        return new DemoAccounts(folder.port("demo-accounts"), folder.secret("client-demo-accounts"));
    }

    String issuer() {
        return "http://127.0.0.1:" + port;
    }

    String hostAndPort() {
        return "127.0.0.1:" + port;
    }

    /// What the vault must know of it.
    Map<String, Object> definition() {
        return Map.of(
                "extends",
                "oidc",
                "displayName",
                "Demo accounts",
                "issuer",
                issuer(),
                "issRequired",
                true,
                "client",
                Map.of("id", CLIENT, "secret", secret.reveal()),
                "authorization",
                Map.of("url", issuer() + "/authorize"),
                "token",
                Map.of("url", issuer() + "/token"),
                "revocation",
                Map.of("url", issuer() + "/revoke"),
                "account",
                Map.of("requests", Map.of("userinfo", Map.of("url", issuer() + "/userinfo"))));
    }

    /// Serves until the process ends.
    void serve() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/authorize", exchange -> serve(exchange, this::authorize));
        server.createContext("/token", exchange -> serve(exchange, this::token));
        server.createContext("/revoke", exchange -> serve(exchange, this::revoke));
        server.createContext("/userinfo", exchange -> serve(exchange, this::userinfo));
        server.start();
    }

    @FunctionalInterface
    private interface Handler {
        void handle(HttpExchange exchange, Map<String, String> parameters) throws IOException;
    }

    private static void serve(HttpExchange exchange, Handler handler) throws IOException {
        try (exchange) {
            var text = exchange.getRequestMethod().equals("POST")
                    ? new String(exchange.getRequestBody().readNBytes(MAX_FORM), StandardCharsets.US_ASCII)
                    : exchange.getRequestURI().getRawQuery();
            try {
                handler.handle(exchange, parameters(text == null ? "" : text));
            } catch (IllegalArgumentException e) {
                refuse(exchange, 400, "invalid_request");
            }
        }
    }

    // ------------------------------------------------------------ people

    /// The page on GET, its answer on POST.
    private void authorize(HttpExchange exchange, Map<String, String> request) throws IOException {
        var redirectUri = request.getOrDefault("redirect_uri", "");
        if (!CLIENT.equals(request.get("client_id")) || !isOurs(redirectUri)) {
            send(exchange, 400, HTML, "<!doctype html><title>Demo accounts</title><p>This client is not known.");
            return;
        }
        if (!"code".equals(request.get("response_type"))
                || !"S256".equals(request.get("code_challenge_method"))
                || request.getOrDefault("code_challenge", "").isEmpty()) {
            back(exchange, redirectUri, request, Map.of("error", "invalid_request"));
        } else if (exchange.getRequestMethod().equals("GET")) {
            send(exchange, 200, HTML, page(request));
        } else if (PEOPLE.contains(request.getOrDefault("person", ""))) {
            var code = Secret.random().reveal();
            codes.put(
                    code,
                    new Code(
                            request.getOrDefault("person", ""),
                            request.getOrDefault("scope", ""),
                            redirectUri,
                            request.getOrDefault("code_challenge", "")));
            back(exchange, redirectUri, request, Map.of("code", code));
        } else {
            back(exchange, redirectUri, request, Map.of("error", "access_denied"));
        }
    }

    private static String page(Map<String, String> request) {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                + "<title>Demo accounts</title><h1>Demo accounts</h1>"
                + "<p>Behalf wants to use your account here. Who are you?</p>"
                + "<form method=\"post\" action=\"/authorize\">");
        request.forEach((name, value) -> page.append("<input type=\"hidden\" name=\"")
                .append(escaped(name))
                .append("\" value=\"")
                .append(escaped(value))
                .append("\">"));
        PEOPLE.forEach(person ->
                page.append("<button name=\"person\" value=\"" + person + "\">Allow as " + person + "</button> "));
        return page.append("<button name=\"person\" value=\"\">Do not allow</button></form></html>")
                .toString();
    }

    private void back(
            HttpExchange exchange, String redirectUri, Map<String, String> request, Map<String, String> answer)
            throws IOException {
        var parameters = new LinkedHashMap<>(answer);
        parameters.put("iss", issuer()); // RFC 9207
        if (request.containsKey("state")) {
            parameters.put("state", request.getOrDefault("state", ""));
        }
        var to = new StringBuilder(redirectUri);
        char separator = redirectUri.indexOf('?') < 0 ? '?' : '&';
        for (var parameter : parameters.entrySet()) {
            to.append(separator)
                    .append(parameter.getKey())
                    .append('=')
                    .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
            separator = '&';
        }
        exchange.getResponseHeaders().set("Location", to.toString());
        exchange.sendResponseHeaders(303, -1);
    }

    /// The vault's own callback, and those of apps on this machine, wherever they listen (RFC 8252 §7.3).
    private static boolean isOurs(String redirectUri) {
        try {
            var uri = URI.create(redirectUri);
            return "http".equals(uri.getScheme())
                    && uri.getHost() != null
                    && LOOPBACK.contains(uri.getHost())
                    && uri.getRawUserInfo() == null
                    && uri.getRawFragment() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    // ------------------------------------------------------------ the vault

    private void token(HttpExchange exchange, Map<String, String> form) throws IOException {
        if (!isClient(exchange)) {
            refuse(exchange, 401, "invalid_client");
            return;
        }
        var access = switch (form.getOrDefault("grant_type", "")) {
            case "authorization_code" -> redeemed(form);
            case "refresh_token" -> byRefreshToken.remove(form.getOrDefault("refresh_token", ""));
            default -> null;
        };
        if (access == null) {
            refuse(exchange, 400, "invalid_grant");
            return;
        }
        var accessToken = Secret.random().reveal();
        var refreshToken = Secret.random().reveal();
        byAccessToken.put(accessToken, access);
        byRefreshToken.put(refreshToken, access);
        json(
                exchange,
                200,
                Map.of(
                        "access_token", accessToken,
                        "refresh_token", refreshToken,
                        "token_type", "Bearer",
                        "expires_in", LIFETIME_SECONDS,
                        "scope", access.scope()));
    }

    private @Nullable Access redeemed(Map<String, String> form) {
        var code = codes.remove(form.getOrDefault("code", ""));
        if (code == null
                || !code.redirectUri().equals(form.get("redirect_uri"))
                || !isEqual(code.challenge(), challenge(form.getOrDefault("code_verifier", "")))) {
            return null;
        }
        return new Access(UUID.randomUUID(), code.person(), code.scope());
    }

    private void revoke(HttpExchange exchange, Map<String, String> form) throws IOException {
        if (!isClient(exchange)) {
            refuse(exchange, 401, "invalid_client");
            return;
        }
        var token = form.getOrDefault("token", "");
        var access = byRefreshToken.containsKey(token) ? byRefreshToken.get(token) : byAccessToken.get(token);
        if (access != null) {
            // Everything of that access goes, not what the same person allowed another time.
            byRefreshToken.values().removeIf(access::equals);
            byAccessToken.values().removeIf(access::equals);
        }
        json(exchange, 200, Map.of());
    }

    private void userinfo(HttpExchange exchange, Map<String, String> parameters) throws IOException {
        var authorization = exchange.getRequestHeaders().getFirst("Authorization");
        var access = authorization != null && authorization.startsWith("Bearer ")
                ? byAccessToken.get(authorization.substring("Bearer ".length()))
                : null;
        if (access == null) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer error=\"invalid_token\"");
            refuse(exchange, 401, "invalid_token");
            return;
        }
        var name = Character.toUpperCase(access.person().charAt(0))
                + access.person().substring(1);
        json(
                exchange,
                200,
                Map.of(
                        "sub",
                        "demo-" + access.person(),
                        "preferred_username",
                        access.person(),
                        "name",
                        name,
                        "email",
                        access.person() + "@example.com"));
    }

    private boolean isClient(HttpExchange exchange) {
        var authorization = exchange.getRequestHeaders().getFirst("Authorization");
        var expected = Base64.getEncoder()
                .encodeToString((CLIENT + ":" + secret.reveal()).getBytes(StandardCharsets.US_ASCII));
        return authorization != null && isEqual("Basic " + expected, authorization);
    }

    // ------------------------------------------------------------ both

    private static void refuse(HttpExchange exchange, int status, String error) throws IOException {
        json(exchange, status, Map.of("error", error));
    }

    private static void json(HttpExchange exchange, int status, Map<String, Object> json) throws IOException {
        send(exchange, status, "application/json", Json.text(json));
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        var body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private static Map<String, String> parameters(String text) {
        var parameters = new HashMap<String, String>();
        for (var pair : text.split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2) {
                parameters.put(decoded(parts[0]), decoded(parts[1]));
            }
        }
        return parameters;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static String challenge(String verifier) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(verifier).bytes());
    }

    private static boolean isEqual(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    /// The oldest give way.
    private static <T> Map<String, T> bounded() {
        return java.util.Collections.synchronizedMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
                return size() > MOST;
            }
        });
    }
}
