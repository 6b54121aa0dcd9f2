package dev.behalf.vault;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A provider whose refresh tokens are good once: a second use of one is refused, as the strictest do. Its
/// access tokens live a minute and a half.
public final class RotatingProvider implements AutoCloseable {

    public static final int LIFETIME_SECONDS = 90;
    public static final String REDIRECT = "https://app.example/callback";
    public static final String SECRET = "the-secret-of-the-vault-at-this-provider";

    private static final String CLIENT = "vault";

    private record Code(String account, String challenge, String redirectUri, String scope) {}

    private final HttpServer server;
    private final Map<String, Code> codes = new ConcurrentHashMap<>();
    private final Map<String, String> refreshTokens = new ConcurrentHashMap<>(); // to the account
    private final Map<String, String> accessTokens = new ConcurrentHashMap<>();
    private final Set<String> revoked = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger refreshes = new AtomicInteger();
    private final AtomicInteger reuses = new AtomicInteger();
    private volatile String visitor = "octocat";
    private volatile String name = "A. Person";
    private volatile boolean denying;
    private volatile boolean failingRevocations;
    private final Map<String, Map<String, Object>> again = new ConcurrentHashMap<>();
    private final AtomicInteger held = new AtomicInteger();
    private volatile Duration slowness = Duration.ZERO;
    private volatile Duration lifetime = Duration.ofSeconds(LIFETIME_SECONDS);
    private volatile boolean grace;
    private volatile @Nullable String refreshedScope;
    private volatile @Nullable CompletableFuture<@Nullable Void> gate;
    private volatile Map.@Nullable Entry<Integer, String> failure;

    private RotatingProvider() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/authorize", exchange -> {
            var asked = URI.create(exchange.getRequestURI().toString());
            var answer = new TreeMap<>(approve(asked, visitor));
            if (denying) {
                answer.remove("code");
                answer.put("error", "access_denied");
            }
            var query = answer.entrySet().stream()
                    .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                    .collect(Collectors.joining("&"));
            exchange.getResponseHeaders()
                    .set("Location", parameters(asked.getRawQuery()).get("redirect_uri") + "?" + query);
            exchange.sendResponseHeaders(303, -1);
            exchange.close();
        });
        server.createContext("/token", this::token);
        server.createContext("/userinfo", this::userInfo);
        server.createContext("/revoke", exchange -> {
            if (failingRevocations) {
                answer(exchange, 503, Map.of("error", "temporarily_unavailable"));
                return;
            }
            revoked.add(form(exchange).getOrDefault("token", ""));
            pause();
            answer(exchange, 200, Map.of());
        });
        server.start();
    }

    public static RotatingProvider start() {
        return new RotatingProvider();
    }

    public String url() {
        return "http://" + hostAndPort();
    }

    public String hostAndPort() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /// The settings of a vault that has it as `demo`, and `keys` whose keys are pasted.
    public Map<String, Object> settings(Path folder) throws IOException {
        var secret = Files.writeString(folder.resolve("client-secret"), SECRET);
        var file = Files.writeString(
                folder.resolve("providers.yaml"), """
                providers:
                  demo:
                    extends: oidc
                    displayName: Demo
                    issuer: URL
                    client: {id: vault, secretFile: SECRET}
                    authorization: {url: URL/authorize}
                    token: {url: URL/token}
                    revocation: {url: URL/revoke}
                    account: {requests: {userinfo: {url: URL/userinfo}}}
                  keys:
                    extends: api-key
                    displayName: Keys
                """.replace("URL", url()).replace("SECRET", secret.toString()));
        return Map.of(
                "behalf.vault.providers-file",
                file.toString(),
                "behalf.vault.connect.redirect-uris",
                REDIRECT,
                "behalf.outbound.allow",
                hostAndPort(),
                "behalf.test.clock",
                true);
    }

    /// What an operator writes to have it by the API.
    public Map<String, @Nullable Object> definition() {
        return Map.of(
                "extends",
                "oidc",
                "displayName",
                "Demo",
                "issuer",
                url(),
                "client",
                Map.of("id", CLIENT, "secret", SECRET),
                "authorization",
                Map.of("url", url() + "/authorize"),
                "token",
                Map.of("url", url() + "/token"),
                "revocation",
                Map.of("url", url() + "/revoke"),
                "account",
                Map.of("requests", Map.of("userinfo", Map.of("url", url() + "/userinfo"))));
    }

    /// What the provider sends the user back with after the user, as that account, has agreed there.
    public Map<String, String> approve(URI authorizationUrl, String account) {
        var asked = parameters(authorizationUrl.getRawQuery());
        var code = "code-" + count.incrementAndGet();
        codes.put(
                code,
                new Code(
                        account,
                        asked.getOrDefault("code_challenge", ""),
                        asked.getOrDefault("redirect_uri", ""),
                        asked.getOrDefault("scope", "")));
        return Map.of("code", code, "state", asked.getOrDefault("state", ""), "iss", url());
    }

    /// As which account, of that name, whoever comes from now on agrees.
    public void visitor(String account, String name) {
        this.visitor = account;
        this.name = name;
    }

    /// Whether whoever comes from now on does not agree.
    public void deny(boolean denies) {
        denying = denies;
    }

    /// A token of that account that was not asked for by anybody, such as a key that its owner made.
    public String issue(String account) {
        var token = "issued-token-secret-" + count.incrementAndGet();
        accessTokens.put(token, account);
        return token;
    }

    /// A refresh token of the vault's client that it got elsewhere.
    public String issueRefreshToken(String account) {
        var token = "issued-refresh-token-secret-" + count.incrementAndGet();
        refreshTokens.put(token, account);
        return token;
    }

    /// How long an answer takes, from when the work is done.
    public void slowness(Duration duration) {
        slowness = duration;
    }

    /// How long access tokens live from now on.
    public void lifetime(Duration duration) {
        lifetime = duration;
    }

    /// The scopes that a refresh gives from now on; null: it does not say, so the same.
    public void refreshedScope(@Nullable String scope) {
        refreshedScope = scope;
    }

    /// Whether a refresh token may be shown again until the one that it was exchanged for is used; the same is
    /// given then.
    public void grace(boolean yes) {
        grace = yes;
    }

    /// From now on the token endpoint waits before it does anything.
    public void hold() {
        gate = new CompletableFuture<>();
    }

    /// How many requests wait so.
    public int held() {
        return held.get();
    }

    /// Those that wait are as if they had never arrived; the next ones are answered.
    public void drop() {
        var waiting = gate;
        gate = null;
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    /// Counts from zero again.
    public void forgetCounts() {
        refreshes.set(0);
        reuses.set(0);
        asked.set(0);
    }

    /// The refresh tokens that it gave for that account and were not exchanged.
    public Set<String> refreshTokensOf(String account) {
        return refreshTokens.entrySet().stream()
                .filter(entry -> entry.getValue().equals(account))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /// The refresh tokens that are good now.
    public Set<String> refreshTokens() {
        return Set.copyOf(refreshTokens.keySet());
    }

    /// From now on the token endpoint answers so, and does nothing; null: no longer.
    public void failWith(@Nullable Integer status, String error) {
        failure = status == null ? null : Map.entry(status, error);
    }

    /// Whether no token can be revoked from now on.
    public void failRevocations(boolean fails) {
        failingRevocations = fails;
    }

    /// Requests to the token endpoint.
    public int asked() {
        return asked.get();
    }

    /// Refresh tokens that were exchanged.
    public int refreshes() {
        return refreshes.get();
    }

    /// Refresh tokens that were shown again.
    public int reuses() {
        return reuses.get();
    }

    /// What was revoked.
    public Set<String> revoked() {
        return Set.copyOf(revoked);
    }

    /// Every token that it ever gave out.
    public Set<String> given() {
        return accessTokens.keySet();
    }

    /// Takes all refresh tokens back.
    public void forgetRefreshTokens() {
        refreshTokens.clear();
    }

    private void token(HttpExchange exchange) throws IOException {
        asked.incrementAndGet();
        var waiting = gate;
        if (waiting != null) {
            held.incrementAndGet();
            waiting.join();
            held.decrementAndGet();
            exchange.close();
            return;
        }
        var form = form(exchange);
        var failing = failure;
        if (failing != null) {
            pause();
            answer(exchange, failing.getKey(), Map.of("error", failing.getValue()));
            return;
        }
        var basic =
                "Basic " + Base64.getEncoder().encodeToString((CLIENT + ":" + SECRET).getBytes(StandardCharsets.UTF_8));
        if (!basic.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(exchange, 401, Map.of("error", "invalid_client"));
            return;
        }
        var grantType = form.getOrDefault("grant_type", "");
        if (grantType.equals("authorization_code")) {
            var code = codes.remove(form.getOrDefault("code", ""));
            boolean good = code != null
                    && code.redirectUri.equals(form.get("redirect_uri"))
                    && code.challenge.equals(challenge(form.getOrDefault("code_verifier", "")));
            if (code == null || !good) {
                answer(exchange, 400, Map.of("error", "invalid_grant"));
            } else {
                give(exchange, code.account, code.scope, null);
            }
            return;
        }
        var shown = form.getOrDefault("refresh_token", "");
        var before = again.get(shown);
        if (grace && before != null && refreshTokens.containsKey(String.valueOf(before.get("refresh_token")))) {
            answer(exchange, 200, before);
            return;
        }
        var account = refreshTokens.remove(shown);
        if (account == null) {
            reuses.incrementAndGet();
            answer(exchange, 400, Map.of("error", "invalid_grant"));
        } else {
            refreshes.incrementAndGet();
            give(exchange, account, refreshedScope, shown);
        }
    }

    private void give(HttpExchange exchange, String account, @Nullable String scope, @Nullable String used)
            throws IOException {
        int number = count.incrementAndGet();
        var access = "access-token-secret-" + number;
        var refresh = "refresh-token-secret-" + number;
        accessTokens.put(access, account);
        refreshTokens.put(refresh, account);
        var json = new LinkedHashMap<String, Object>();
        json.put("access_token", access);
        json.put("token_type", "Bearer");
        json.put("refresh_token", refresh);
        json.put("expires_in", lifetime.toSeconds());
        if (scope != null) {
            json.put("scope", scope);
        }
        if (used != null) {
            again.put(used, json);
        }
        pause();
        answer(exchange, 200, json);
    }

    private void pause() {
        try {
            Thread.sleep(slowness);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void userInfo(HttpExchange exchange) throws IOException {
        var token = exchange.getRequestHeaders().getFirst("Authorization");
        var account = token == null ? null : accessTokens.get(token.replaceFirst("^Bearer ", ""));
        if (account == null) {
            answer(exchange, 401, Map.of("error", "invalid_token"));
        } else {
            answer(exchange, 200, Map.of("sub", account, "preferred_username", account + "-there", "name", name));
        }
    }

    private static String challenge(String verifier) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(verifier).bytes());
    }

    private static Map<String, String> form(HttpExchange exchange) throws IOException {
        return parameters(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    }

    private static Map<String, String> parameters(String text) {
        return Arrays.stream(text.split("&"))
                .map(pair -> pair.split("=", 2))
                .filter(pair -> pair.length == 2)
                .collect(Collectors.toMap(pair -> decoded(pair[0]), pair -> decoded(pair[1])));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, Map<String, ?> json) throws IOException {
        try (exchange) {
            var body = Json.write(new LinkedHashMap<String, Object>(json));
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException e) {
            // the caller left
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
