package dev.behalf.testkit;

import com.sun.net.httpserver.HttpExchange;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// An OpenID provider outside the suite, where one user is signed in: it sends whoever comes back at once, with
/// a code that is good once, for who knows the verifier (RFC 7636) and the client's secret.
public final class FakeOpenIdProvider implements AutoCloseable {

    public static final String CLIENT = "behalf-at-the-provider";
    public static final String SECRET = "the secret that the provider gave us";

    private final FakeIdentityProvider keys = FakeIdentityProvider.startAtItsIssuer();
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
    private final Map<String, @Nullable Object> claims = new ConcurrentHashMap<>();
    private final Map<String, Object> metadata = new ConcurrentHashMap<>();
    private volatile String user = "alice@corp.example";
    private volatile String token = "";

    public FakeOpenIdProvider() {
        keys.serve(this::answer);
    }

    public FakeIdentityProvider keys() {
        return keys;
    }

    public String issuer() {
        return keys.issuer();
    }

    /// Who signs in from now on. Forgets what was changed for the one before.
    public void user(String email) {
        user = email;
        claims.clear();
        metadata.clear();
        token = "";
    }

    /// Sets a claim of the ID tokens from now on; an empty text leaves it out.
    public void claim(String name, Object value) {
        claims.put(name, value);
    }

    /// Sets a member of the metadata.
    public void says(String name, Object value) {
        metadata.put(name, value);
    }

    /// Hands out that very ID token from now on.
    public void idToken(String jwt) {
        token = jwt;
    }

    /// What the browser that was sent to `location` is sent back to.
    public String authorize(String location) {
        var query = parameters(URI.create(location).getRawQuery());
        var code = UUID.randomUUID().toString();
        codes.put(code, query);
        var separator = query.getOrDefault("redirect_uri", "").contains("?") ? "&" : "?";
        return query.get("redirect_uri") + separator + "code=" + code + "&state=" + query.get("state") + "&iss="
                + issuer();
    }

    private void answer(HttpExchange exchange, String jwks) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/.well-known/openid-configuration" -> FakeIdentityProvider.ok(exchange, Json.text(discovery()));
            case "/authorize" -> {
                exchange.getResponseHeaders()
                        .set("Location", authorize(exchange.getRequestURI().toString()));
                exchange.sendResponseHeaders(303, -1);
            }
            case "/token" -> token(exchange);
            default -> FakeIdentityProvider.ok(exchange, jwks);
        }
    }

    private Map<String, Object> discovery() {
        var json = new LinkedHashMap<String, Object>();
        json.put("issuer", issuer());
        json.put("authorization_endpoint", issuer() + "/authorize");
        json.put("token_endpoint", issuer() + "/token");
        json.put("jwks_uri", keys.jwksUri());
        json.put("authorization_response_iss_parameter_supported", true);
        json.putAll(metadata);
        return json;
    }

    private void token(HttpExchange exchange) throws IOException {
        var form = parameters(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        var asked = codes.remove(form.getOrDefault("code", ""));
        if (asked == null || !isOurs(exchange, form) || !isSame(asked, form)) {
            exchange.sendResponseHeaders(400, -1);
            return;
        }
        var all = new HashMap<String, @Nullable Object>(keys.claims(user));
        all.put("aud", CLIENT);
        all.put("nonce", asked.get("nonce"));
        all.put("auth_time", all.get("iat"));
        all.putAll(claims);
        all.values().removeIf(""::equals);
        FakeIdentityProvider.ok(
                exchange,
                Json.text(Map.of(
                        "access_token",
                        "opaque",
                        "token_type",
                        "Bearer",
                        "id_token",
                        token.isEmpty() ? keys.sign(all) : token)));
    }

    private static boolean isOurs(HttpExchange exchange, Map<String, String> form) {
        var authorization = exchange.getRequestHeaders().getFirst("Authorization");
        if (authorization == null) {
            return CLIENT.equals(form.get("client_id")) && SECRET.equals(form.get("client_secret"));
        }
        var pair = CLIENT + ":" + SECRET.replace(' ', '+');
        return authorization.equals(
                "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII)));
    }

    private static boolean isSame(Map<String, String> asked, Map<String, String> form) {
        var challenge = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                        Sha256.of(form.getOrDefault("code_verifier", "")).bytes());
        return challenge.equals(asked.get("code_challenge"))
                && "S256".equals(asked.get("code_challenge_method"))
                && String.valueOf(asked.get("redirect_uri")).equals(form.get("redirect_uri"));
    }

    /// The parameters of a query or a form.
    public static Map<String, String> parameters(String encoded) {
        var all = new HashMap<String, String>();
        for (var pair : encoded.split("&")) {
            var parts = pair.split("=", 2);
            all.put(parts[0], parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return all;
    }

    @Override
    public void close() {
        keys.close();
    }
}
