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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A service where users have accounts, with the habits of a real one: GitHub (an OAuth App or a GitHub App),
/// Google, Kaggle, LinkedIn, Slack, Notion, or one that does as RFC 6749 says. One user is signed in, who lets
/// every client have what it asks for, at once.
///
/// It checks what the real one checks (the client, the code, the verifier, the redirect URI, the headers it
/// insists on), answers as it answers, and can be told to answer otherwise.
public final class FakeOAuthProvider implements AutoCloseable {

    public static final String CLIENT = "client-of-the-vault";
    public static final String SECRET = "the+secret/of=the-vault";

    /// A key that the user made there and pastes elsewhere.
    public static final String PASTED_KEY = "KGAT_0123456789abcdef";

    private static final int LONGEST_PAUSE_SECONDS = 60;

    /// Whose habits it has.
    public enum Habits {
        STANDARD,
        GITHUB,
        GITHUB_APP,
        GOOGLE,
        KAGGLE,
        LINKEDIN,
        SLACK,
        NOTION
    }

    /// A request that arrived.
    ///
    /// @param headers names in lower case
    public record Arrived(String method, String path, Map<String, String> headers, String body) {
        /// The parameters of its body, a form or a JSON object.
        public Map<String, String> parameters() {
            if (headers.getOrDefault("content-type", "").startsWith("application/json")) {
                var all = new HashMap<String, String>();
                Json.readObject(body).forEach((name, value) -> all.put(name, String.valueOf(value)));
                return all;
            }
            return body.isEmpty() ? Map.of() : FakeOpenIdProvider.parameters(body);
        }
    }

    /// An answer that it was told to give.
    public record Answer(int status, Map<String, String> headers, String body) {
        public static Answer json(int status, Map<String, ?> body) {
            return new Answer(
                    status,
                    Map.of("Content-Type", "application/json"),
                    Json.text(new LinkedHashMap<String, Object>(body)));
        }

        public static Answer html(int status) {
            return new Answer(
                    status,
                    Map.of("Content-Type", "text/html; charset=utf-8"),
                    "<!DOCTYPE html><html><body><h1>Whoa there!</h1></body></html>");
        }
    }

    /// What a user let a client have. One object from the code to the last refresh.
    private static final class Grant {
        private final String scopes;
        private volatile String access = "";
        private volatile String refresh = "";
        private volatile boolean ended;

        Grant(String scopes) {
            this.scopes = scopes;
        }
    }

    /// @param anew whether the user was to be asked whatever was consented to before
    private record Code(
            Grant grant, String redirectUri, @Nullable String challenge, boolean anew) {}

    private final Habits habits;
    private final HttpServer server;
    private final Map<String, Code> codes = new ConcurrentHashMap<>();
    private final Map<String, Grant> byAccess = new ConcurrentHashMap<>();
    private final Map<String, Grant> byRefresh = new ConcurrentHashMap<>();
    private final List<Arrived> arrived = new CopyOnWriteArrayList<>();
    private final Map<String, Queue<Answer>> scripted = new ConcurrentHashMap<>();
    private final AtomicInteger refreshes = new AtomicInteger();
    private volatile CountDownLatch pause = new CountDownLatch(0);
    private volatile boolean consentedBefore;
    private volatile boolean expiring = true;
    private volatile @Nullable String narrowed;

    public FakeOAuthProvider(Habits habits) {
        this.habits = habits;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    /// `http://127.0.0.1:port`; the paths are `/authorize`, `/token`, `/revoke`, `/user`, and those of the real
    /// one where it has more than one of a kind.
    public String url() {
        return "http://" + host();
    }

    /// `127.0.0.1:port`, as `behalf.outbound.allow` takes it.
    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /// The changes that point a definition of the real one here, and its client.
    ///
    /// @param base the built-in that it extends
    public Map<String, Object> definition(String base) {
        var definition = new LinkedHashMap<String, Object>();
        definition.put("extends", base);
        definition.put("account", account());
        if (base.endsWith("-token") || base.equals("api-key")) {
            return definition;
        }
        definition.put("client", Map.of("id", CLIENT, "secret", SECRET));
        definition.put("authorization", Map.of("url", url() + "/authorize"));
        definition.put("token", Map.of("url", url() + "/token"));
        switch (habits) {
            case KAGGLE, LINKEDIN -> {}
            case GITHUB, GITHUB_APP ->
                definition.put("revocation", Map.of("url", url() + "/applications/{client_id}/token"));
            default -> definition.put("revocation", Map.of("url", url() + "/revoke"));
        }
        return definition;
    }

    private Map<String, Object> account() {
        var requests = switch (habits) {
            case GITHUB, GITHUB_APP -> Map.of("user", at("/user"), "emails", at("/user/emails"));
            case KAGGLE, NOTION -> Map.of("me", at("/user"));
            case SLACK -> Map.of("test", at("/user"), "user", at("/users.info?user={id}"));
            case STANDARD, GOOGLE, LINKEDIN -> Map.of("userinfo", at("/user"));
        };
        return Map.of("requests", requests);
    }

    private Map<String, String> at(String path) {
        return Map.of("url", url() + path);
    }

    /// All requests so far, in order.
    public List<Arrived> arrived() {
        return List.copyOf(arrived);
    }

    /// The last request on that path.
    public Arrived last(String path) {
        return arrived.reversed().stream()
                .filter(request -> request.path().equals(path))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing arrived at " + path));
    }

    /// How many refresh tokens were exchanged.
    public int refreshes() {
        return refreshes.get();
    }

    /// Gives that answer to the next request on that path; more than one are given in turn.
    public void answers(String path, Answer answer) {
        scripted.computeIfAbsent(path, _ -> new ConcurrentLinkedQueue<>()).add(answer);
    }

    /// Leaves requests without an answer until [#goOn].
    public void pause() {
        pause = new CountDownLatch(1);
    }

    public void goOn() {
        pause.countDown();
    }

    /// From now on the user grants these scopes, whatever is asked for; null: what is asked for.
    public void grants(@Nullable String scopes) {
        narrowed = scopes;
    }

    /// From now on tokens do not end, and no refresh token comes with them.
    public void neverExpires() {
        expiring = false;
    }

    /// The user ends the grant of that access token at the provider.
    public void userRevokes(String accessToken) {
        var grant = byAccess.get(accessToken);
        if (grant != null) {
            end(grant);
        }
    }

    /// Whether the provider accepts that access token: at an app of GitHub the last one of a grant only.
    public boolean accepts(String accessToken) {
        var grant = byAccess.get(accessToken);
        return grant != null && !grant.ended && grant.access.equals(accessToken);
    }

    /// Where a browser is sent that was sent to that authorization URL.
    public URI authorize(URI location) {
        var query = FakeOpenIdProvider.parameters(location.getRawQuery());
        var answer = new LinkedHashMap<String, String>();
        if (!CLIENT.equals(query.get("client_id")) || !"code".equals(query.get("response_type"))) {
            throw new AssertionError("not an authorization request of the vault: " + location.getRawQuery());
        }
        var asked = query.getOrDefault(habits == Habits.SLACK ? "user_scope" : "scope", "");
        var code = UUID.randomUUID().toString();
        codes.put(
                code,
                new Code(
                        new Grant(Objects.requireNonNullElse(narrowed, asked)),
                        query.getOrDefault("redirect_uri", ""),
                        query.get("code_challenge"),
                        "consent".equals(query.get("prompt"))));
        answer.put("code", code);
        answer.put("state", query.getOrDefault("state", ""));
        var redirect = query.getOrDefault("redirect_uri", "");
        var text = new StringBuilder(redirect).append(redirect.contains("?") ? "&" : "?");
        answer.forEach((name, value) ->
                text.append(name).append('=').append(encoded(value)).append('&'));
        return URI.create(text.substring(0, text.length() - 1));
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            var headers = new HashMap<String, String>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
            var request = new Arrived(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().getPath(),
                    headers,
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            arrived.add(request);
            waitUntilGoOn();
            if (request.path().equals("/authorize")) {
                exchange.getResponseHeaders()
                        .set("Location", authorize(exchange.getRequestURI()).toString());
                exchange.sendResponseHeaders(302, -1);
                return;
            }
            var told = scripted.getOrDefault(request.path(), new ArrayDeque<>()).poll();
            var answer = told == null ? answer(request, exchange.getRequestURI()) : told;
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            var body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private void waitUntilGoOn() {
        try {
            var _ = pause.await(LONGEST_PAUSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer answer(Arrived request, URI uri) {
        if (isGitHub() && !request.headers().getOrDefault("user-agent", "").startsWith("Behalf")) {
            return new Answer(403, Map.of("Content-Type", "text/plain"), "Request forbidden by administrative rules.");
        }
        if (habits == Habits.NOTION && !request.headers().containsKey("notion-version")) {
            return Answer.json(400, Map.of("object", "error", "status", 400, "code", "missing_version"));
        }
        return switch (request.path()) {
            case "/token" -> token(request);
            case "/revoke" -> revoke(request);
            case "/user", "/user/emails", "/users.info" -> user(request, uri);
            case "/applications/" + CLIENT + "/token" -> deleteToken(request);
            default -> Answer.html(404);
        };
    }

    private boolean isGitHub() {
        return habits == Habits.GITHUB || habits == Habits.GITHUB_APP;
    }

    private Answer token(Arrived request) {
        boolean json = request.headers().getOrDefault("content-type", "").startsWith("application/json");
        if (json != (habits == Habits.NOTION)) {
            return refused("invalid_request");
        }
        var form = request.parameters();
        if (!isOurs(request, form)) {
            return refused(
                    switch (habits) {
                        case GITHUB, GITHUB_APP -> "incorrect_client_credentials";
                        case SLACK -> "bad_client_secret";
                        default -> "invalid_client";
                    });
        }
        return switch (form.getOrDefault("grant_type", "")) {
            case "authorization_code" -> redeem(request, form);
            case "refresh_token" -> refresh(request, form);
            default -> refused("unsupported_grant_type");
        };
    }

    private boolean isOurs(Arrived request, Map<String, String> form) {
        boolean basic = switch (habits) {
            case STANDARD, SLACK, NOTION -> true;
            default -> false;
        };
        return basic
                ? isBasic(request) && !form.containsKey("client_secret")
                : CLIENT.equals(form.get("client_id")) && SECRET.equals(form.get("client_secret"));
    }

    private static boolean isBasic(Arrived request) {
        var pair = CLIENT + ":" + encoded(SECRET);
        return ("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII)))
                .equals(request.headers().get("authorization"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Answer redeem(Arrived request, Map<String, String> form) {
        var code = codes.remove(form.getOrDefault("code", ""));
        if (code == null
                || !code.redirectUri().equals(form.get("redirect_uri"))
                || (code.challenge() != null
                        && !code.challenge().equals(challenge(form.getOrDefault("code_verifier", ""))))) {
            return refused(
                    switch (habits) {
                        case GITHUB, GITHUB_APP -> "bad_verification_code";
                        case SLACK -> "invalid_code";
                        default -> "invalid_grant";
                    });
        }
        // Google gives a refresh token with the first consent only, unless it is asked to.
        boolean first = habits != Habits.GOOGLE || !consentedBefore || code.anew();
        consentedBefore = true;
        return issued(request, code.grant(), first, false);
    }

    private static String challenge(String verifier) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(verifier).bytes());
    }

    private Answer refresh(Arrived request, Map<String, String> form) {
        var token = form.getOrDefault("refresh_token", "");
        var grant = byRefresh.get(token);
        if (grant == null || grant.ended || !grant.refresh.equals(token)) {
            if (grant != null) {
                end(grant); // a token that was used before: somebody has a copy (RFC 9700 §4.14.2)
            }
            return refused(
                    switch (habits) {
                        case GITHUB, GITHUB_APP -> "bad_refresh_token";
                        case SLACK -> "invalid_refresh_token";
                        default -> "invalid_grant";
                    });
        }
        refreshes.incrementAndGet();
        boolean rotates = habits != Habits.GOOGLE && habits != Habits.LINKEDIN;
        return issued(request, grant, rotates, true);
    }

    private static void end(Grant grant) {
        grant.ended = true;
    }

    private Answer issued(Arrived request, Grant grant, boolean withRefreshToken, boolean refreshed) {
        grant.access = "at-" + UUID.randomUUID(); // of an app at GitHub, the old one is dead from here on
        byAccess.put(grant.access, grant);
        boolean expires = expiring && habits != Habits.GITHUB;
        var json = new LinkedHashMap<String, Object>();
        json.put("access_token", grant.access);
        json.put(
                "token_type",
                habits == Habits.SLACK ? "user" : isGitHub() || habits == Habits.NOTION ? "bearer" : "Bearer");
        if (expires && habits != Habits.NOTION) {
            json.put("expires_in", habits == Habits.GITHUB_APP ? 28_800 : 3_600);
        }
        if (expires && withRefreshToken) {
            grant.refresh = "rt-" + UUID.randomUUID();
            byRefresh.put(grant.refresh, grant);
            json.put("refresh_token", grant.refresh);
        }
        switch (habits) {
            case GITHUB, SLACK, LINKEDIN -> json.put("scope", grant.scopes.replace(' ', ','));
            case GITHUB_APP -> json.put("scope", "");
            case NOTION -> json.put("workspace_name", "Wonderland");
            default -> json.put("scope", grant.scopes);
        }
        if (isGitHub() && !request.headers().getOrDefault("accept", "").contains("json")) {
            return new Answer(
                    200,
                    Map.of("Content-Type", "application/x-www-form-urlencoded"),
                    "access_token=" + grant.access + "&scope=&token_type=bearer");
        }
        if (habits == Habits.SLACK) {
            json.put("ok", true);
            if (!refreshed) {
                json.put("id", "U024BE7LH");
                return Answer.json(200, Map.of("ok", true, "app_id", "A1", "authed_user", json));
            }
        }
        return Answer.json(200, json);
    }

    private Answer refused(String error) {
        return switch (habits) {
            case GITHUB, GITHUB_APP ->
                Answer.json(200, Map.of("error", error, "error_description", "The thing passed is incorrect."));
            case SLACK -> Answer.json(200, Map.of("ok", false, "error", error));
            default -> Answer.json(error.equals("invalid_client") ? 401 : 400, Map.of("error", error));
        };
    }

    private Answer revoke(Arrived request) {
        if (habits == Habits.SLACK) {
            var token = bearer(request);
            if (!accepts(token)) {
                return refused("invalid_auth");
            }
            end(Objects.requireNonNull(byAccess.get(token)));
            return Answer.json(200, Map.of("ok", true, "revoked", true));
        }
        if (habits != Habits.GOOGLE && !isBasic(request)) {
            return refused("invalid_client");
        }
        var token = request.parameters().getOrDefault("token", "");
        var grant = byAccess.getOrDefault(token, byRefresh.get(token));
        if (grant == null || grant.ended) {
            return habits == Habits.GOOGLE ? refused("invalid_token") : Answer.json(200, Map.of());
        }
        end(grant);
        return Answer.json(200, Map.of());
    }

    private Answer deleteToken(Arrived request) {
        if (!request.method().equals("DELETE") || !isBasic(request)) {
            return Answer.json(401, Map.of("message", "Requires authentication"));
        }
        var token = request.parameters().getOrDefault("access_token", "");
        if (!accepts(token)) {
            return Answer.json(404, Map.of("message", "Not Found"));
        }
        end(Objects.requireNonNull(byAccess.get(token)));
        return new Answer(204, Map.of(), "");
    }

    private static String bearer(Arrived request) {
        var header = request.headers().getOrDefault("authorization", "");
        return header.startsWith("Bearer ") ? header.substring(7) : "";
    }

    private Answer user(Arrived request, URI uri) {
        var token = bearer(request);
        if (!accepts(token) && !token.equals(PASTED_KEY)) {
            return habits == Habits.SLACK
                    ? refused("invalid_auth")
                    : Answer.json(401, Map.of("message", "Bad credentials"));
        }
        return switch (habits) {
            case GITHUB, GITHUB_APP -> gitHubUser(request);
            case STANDARD, GOOGLE, LINKEDIN ->
                Answer.json(
                        200,
                        Map.of(
                                "sub",
                                "10769150350006150715113082367",
                                "name",
                                "Alice Liddell",
                                "email",
                                "alice@example.com",
                                "email_verified",
                                true,
                                "picture",
                                "https://pictures.example.com/alice.jpg"));
            case KAGGLE ->
                Answer.json(
                        200,
                        Map.of(
                                "id",
                                4711,
                                "userName",
                                "aliceliddell",
                                "displayName",
                                "Alice Liddell",
                                "email",
                                "alice@example.com",
                                "thumbnailUrl",
                                "https://pictures.example.com/alice.jpg"));
            case SLACK ->
                request.path().equals("/user")
                        ? Answer.json(200, Map.of("ok", true, "user_id", "U024BE7LH", "user", "alice"))
                        : slackUser(uri);
            case NOTION ->
                Answer.json(
                        200,
                        Map.of(
                                "object",
                                "user",
                                "id",
                                "the-bot",
                                "type",
                                "bot",
                                "bot",
                                Map.of(
                                        "owner",
                                        Map.of(
                                                "type",
                                                "user",
                                                "user",
                                                Map.of(
                                                        "id",
                                                        "e79a0b74-3aba-4149-9f74-0bb5791a6ee6",
                                                        "name",
                                                        "Alice Liddell",
                                                        "avatar_url",
                                                        "https://pictures.example.com/alice.jpg",
                                                        "person",
                                                        Map.of("email", "alice@example.com"))))));
        };
    }

    private static Answer gitHubUser(Arrived request) {
        if (request.path().equals("/user/emails")) {
            return new Answer(
                    200,
                    Map.of("Content-Type", "application/json"),
                    "[{\"email\":\"old@example.com\",\"primary\":false},"
                            + "{\"email\":\"alice@example.com\",\"primary\":true,\"verified\":true}]");
        }
        var user = new LinkedHashMap<String, @Nullable Object>();
        user.put("id", 583_231);
        user.put("login", "alice");
        user.put("name", "Alice Liddell");
        user.put("email", null);
        user.put("avatar_url", "https://pictures.example.com/alice.jpg");
        user.put("html_url", "https://github.com/alice");
        return new Answer(200, Map.of("Content-Type", "application/json"), Json.text(user));
    }

    private Answer slackUser(URI uri) {
        if (!"user=U024BE7LH".equals(uri.getRawQuery())) {
            return refused("user_not_found");
        }
        return Answer.json(
                200,
                Map.of(
                        "ok",
                        true,
                        "user",
                        Map.of(
                                "profile",
                                Map.of(
                                        "real_name",
                                        "Alice Liddell",
                                        "email",
                                        "alice@example.com",
                                        "image_192",
                                        "https://pictures.example.com/alice.jpg"))));
    }

    @Override
    public void close() {
        pause.countDown();
        server.stop(0);
    }
}
