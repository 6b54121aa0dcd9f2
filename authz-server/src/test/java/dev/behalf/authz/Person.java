package dev.behalf.authz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.json.Json;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// A person with a browser: it keeps cookies, follows no redirect by itself, and reads forms.
public final class Person {

    public static final String PASSWORD = "four words that nobody guesses";
    private static final String FORM = "application/x-www-form-urlencoded";

    private final RunningAuthzServer server;
    private final Map<String, String> cookies = new LinkedHashMap<>();
    private UnaryOperator<java.net.http.HttpRequest.Builder> with = request -> request;

    public Person(RunningAuthzServer server) {
        this.server = server;
    }

    /// Makes an account, with [#PASSWORD]; returns its id.
    @CanIgnoreReturnValue
    public static String account(RunningAuthzServer server, String username) {
        var reply = server.postJson(
                "/api/v1/users",
                Json.text(Map.of("username", username, "password", PASSWORD)),
                server.internalToken("users:write"));
        assertThat(reply.statusCode()).isEqualTo(201);
        return String.valueOf(Json.readObject(reply.body()).get("id"));
    }

    /// Adds to every request from now on.
    public Person saying(String header, String value) {
        var before = with;
        with = request -> before.apply(request).header(header, value);
        return this;
    }

    public Map<String, String> cookies() {
        return cookies;
    }

    public HttpResponse<String> get(String path) {
        return kept(server.send(with.apply(cookie(server.request(path)))));
    }

    @CanIgnoreReturnValue
    public HttpResponse<String> post(String path, Map<String, String> fields) {
        return kept(
                server.post(path, encode(fields), request -> with.apply(cookie(request.header("Content-Type", FORM)))));
    }

    /// Fills the fields into the form of the page, the hidden ones as they are, and sends it to where it goes.
    public HttpResponse<String> submit(HttpResponse<String> page, Map<String, String> fields) {
        var all = new LinkedHashMap<String, String>();
        all.put("csrf", csrf(page));
        all.putAll(fields);
        return post(action(page), all);
    }

    /// Signs in for the page; returns the answer to the form.
    public HttpResponse<String> signIn(String username, String password, String page) {
        return submit(get("/login?continue=" + page), Map.of("username", username, "password", password));
    }

    /// Signs in and stands at the given page.
    public Person signedIn(String username) {
        assertThat(location(signIn(username, PASSWORD, ""))).isNotEmpty();
        return this;
    }

    /// Presses Allow on the consent page, as it stands.
    public HttpResponse<String> allow(HttpResponse<String> page) {
        return decide(page, "allow");
    }

    /// Presses a button of the consent page, with everything ticked as it stands.
    public HttpResponse<String> decide(HttpResponse<String> page, String decision) {
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        var body = new StringBuilder("csrf=" + URLEncoder.encode(csrf(page), StandardCharsets.UTF_8));
        var ticked = Pattern.compile("name=\"scope\" value=\"([^\"]*)\"").matcher(page.body());
        while (ticked.find()) {
            body.append("&scope=").append(URLEncoder.encode(ticked.group(1), StandardCharsets.UTF_8));
        }
        body.append("&decision=").append(decision);
        return kept(server.post(
                action(page), body.toString(), request -> with.apply(cookie(request.header("Content-Type", FORM)))));
    }

    public static String csrf(HttpResponse<String> page) {
        return find("name=\"csrf\" value=\"([^\"]*)\"", page);
    }

    /// Where the page's first form goes.
    public static String action(HttpResponse<String> page) {
        return find("<form method=\"post\" action=\"([^\"]*)\"", page);
    }

    @CanIgnoreReturnValue
    public static String location(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(303);
        return reply.headers().firstValue("Location").orElseThrow();
    }

    private static String find(String pattern, HttpResponse<String> page) {
        var matcher = Pattern.compile(pattern).matcher(page.body());
        assertThat(matcher.find()).as(page.body()).isTrue();
        return matcher.group(1).replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", "\"");
    }

    private java.net.http.HttpRequest.Builder cookie(java.net.http.HttpRequest.Builder request) {
        if (cookies.isEmpty()) {
            return request;
        }
        var all = cookies.entrySet().stream()
                .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                .toList();
        return request.header("Cookie", String.join("; ", all));
    }

    private HttpResponse<String> kept(HttpResponse<String> reply) {
        for (var set : reply.headers().allValues("Set-Cookie")) {
            var pair = set.substring(0, set.indexOf(';')).split("=", 2);
            assertThat(set)
                    .contains("Secure", "HTTPOnly", "SameSite=Lax", "Path=/")
                    .doesNotContain("Domain");
            if (pair[1].isEmpty()) {
                cookies.remove(pair[0]);
            } else {
                cookies.put(pair[0], pair[1]);
            }
        }
        return reply;
    }

    private static String encode(Map<String, String> fields) {
        return String.join(
                "&",
                fields.entrySet().stream()
                        .map(field ->
                                field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                        .toList());
    }
}
