package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A person's browser: keeps cookies, follows redirects, and sends the forms of pages.
final class Browser {

    private static final int MAX_REDIRECTS = 8;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, String> cookies = new LinkedHashMap<>();
    private URI at = URI.create("about:blank");
    private String page = "";
    private boolean leaving;

    @CanIgnoreReturnValue
    Browser open(String url) {
        return go(HttpRequest.newBuilder(URI.create(url)));
    }

    /// Fills in the page's first form, with what is hidden and ticked in it as it is, and sends it.
    @CanIgnoreReturnValue
    Browser submit(Map<String, String> fields) {
        var body = new StringBuilder(
                "csrf=" + encoded(find("name=\"csrf\" value=\"([^\"]*)\"").group(1)));
        if (fields.containsKey("decision")) {
            var ticked = Pattern.compile("name=\"scope\" value=\"([^\"]*)\"").matcher(page);
            while (ticked.find()) {
                body.append("&scope=").append(encoded(ticked.group(1)));
            }
        }
        fields.forEach(
                (name, value) -> body.append('&').append(name).append('=').append(encoded(value)));
        var action = find("<form method=\"post\" action=\"([^\"]*)\"").group(1).replace("&amp;", "&");
        return go(HttpRequest.newBuilder(at.resolve(action))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    /// The same, but stays where it is when the answer leads away from the site; returns where it would have gone.
    URI submitAndLeave(Map<String, String> fields) {
        leaving = true;
        submit(fields);
        leaving = false;
        return at;
    }

    /// What the page holds.
    String page() {
        return page;
    }

    private Browser go(HttpRequest.Builder request) {
        var next = request;
        for (int i = 0; i < MAX_REDIRECTS; i++) {
            if (!cookies.isEmpty()) {
                next.header(
                        "Cookie",
                        String.join(
                                "; ",
                                cookies.entrySet().stream()
                                        .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                                        .toList()));
            }
            var reply = send(next.build());
            at = reply.uri();
            page = reply.body();
            for (var set : reply.headers().allValues("Set-Cookie")) {
                var pair = set.substring(0, set.indexOf(';')).split("=", 2);
                cookies.put(pair[0], pair[1]);
            }
            if (reply.statusCode() != 303) {
                assertThat(reply.statusCode()).as(page).isEqualTo(200);
                return this;
            }
            var location = at.resolve(reply.headers().firstValue("Location").orElseThrow());
            if (leaving && !location.getAuthority().equals(at.getAuthority())) {
                at = location;
                return this;
            }
            next = HttpRequest.newBuilder(location);
        }
        throw new AssertionError("sent round and round to " + at);
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Matcher find(String pattern) {
        var matcher = Pattern.compile(pattern).matcher(page);
        assertThat(matcher.find()).as(page).isTrue();
        return matcher;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
