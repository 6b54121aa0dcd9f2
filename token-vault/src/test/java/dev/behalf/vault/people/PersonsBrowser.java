package dev.behalf.vault.people;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// A person's browser: keeps cookies, follows redirects, fills in the forms of pages. Cookies know no port, as
/// in real ones.
final class PersonsBrowser {

    private static final int MOST_REDIRECTS = 10;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /// A page that it shows.
    record Page(URI at, int status, HttpHeaders headers, String html) {

        String title() {
            return find("<h1>(.*?)</h1>", html);
        }

        /// Fields of the form that is posted to such a place, as they stand.
        Map<String, String> form(String actionContains) {
            var form = find(
                    "(?s)<form method=\"post\" action=\"[^\"]*" + Pattern.quote(actionContains) + ".*?</form>",
                    0,
                    html);
            var fields = new LinkedHashMap<String, String>();
            var input = Pattern.compile("<input type=\"(hidden|radio)\"[^>]*name=\"([^\"]*)\" value=\"([^\"]*)\"")
                    .matcher(form);
            while (input.find()) {
                fields.putIfAbsent(text(input.group(2)), text(input.group(3)));
            }
            var option = Pattern.compile("<option value=\"([^\"]*)\"").matcher(form);
            if (option.find()) {
                fields.put("lifetime", option.group(1));
            }
            return fields;
        }

        String action(String contains) {
            return text(find("<form method=\"post\" action=\"([^\"]*" + Pattern.quote(contains) + "[^\"]*)\"", html));
        }
    }

    private final Map<String, String> cookies = new LinkedHashMap<>();

    Map<String, String> cookies() {
        return cookies;
    }

    /// Opens it and goes wherever it leads.
    @CanIgnoreReturnValue
    Page open(String url) {
        return follow(step(URI.create(url)));
    }

    /// Opens it and goes nowhere else.
    Page step(URI url) {
        return send(HttpRequest.newBuilder(url).GET());
    }

    /// Sends the page's form of such an action, with these fields besides.
    @CanIgnoreReturnValue
    Page submit(Page page, String actionContains, Map<String, String> fields) {
        return follow(post(page, actionContains, fields, Map.of()));
    }

    /// The same, but goes nowhere else.
    Page post(Page page, String actionContains, Map<String, String> fields, Map<String, String> headers) {
        var all = new LinkedHashMap<>(page.form(actionContains));
        all.putAll(fields);
        return post(page.at().resolve(page.action(actionContains)), all, headers);
    }

    Page post(URI to, Map<String, String> fields, Map<String, String> headers) {
        var body = String.join(
                "&",
                fields.entrySet().stream()
                        .map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
                        .toList());
        var request = HttpRequest.newBuilder(to)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return send(request);
    }

    /// Goes on from an answer that leads elsewhere.
    @CanIgnoreReturnValue
    Page follow(Page page) {
        var at = page;
        for (int i = 0; i < MOST_REDIRECTS; i++) {
            var location = at.headers().firstValue("Location");
            if (location.isEmpty()) {
                return at;
            }
            at = step(at.at().resolve(location.get()));
        }
        throw new AssertionError("there are too many redirects, the last to " + at.at());
    }

    private Page send(HttpRequest.Builder request) {
        if (!cookies.isEmpty()) {
            request.header(
                    "Cookie",
                    String.join(
                            "; ",
                            cookies.entrySet().stream()
                                    .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                                    .toList()));
        }
        try {
            var reply = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
            for (var set : reply.headers().allValues("Set-Cookie")) {
                assertThat(set)
                        .startsWith("__Host-")
                        .contains("Secure", "HTTPOnly", "SameSite=Lax", "Path=/")
                        .doesNotContain("Domain");
                var pair = set.substring(0, set.indexOf(';')).split("=", 2);
                if (pair[1].isEmpty()) {
                    cookies.remove(pair[0]);
                } else {
                    cookies.put(pair[0], pair[1]);
                }
            }
            return new Page(reply.uri(), reply.statusCode(), reply.headers(), reply.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String find(String pattern, String html) {
        return find(pattern, 1, html);
    }

    private static String find(String pattern, int group, String html) {
        var matcher = Pattern.compile(pattern).matcher(html);
        assertThat(matcher.find()).as(pattern + " in " + html).isTrue();
        return matcher.group(group);
    }

    private static String text(String html) {
        return html.replace("&#34;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&amp;", "&");
    }
}
