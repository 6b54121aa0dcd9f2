package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Calls to a running stack over HTTP, as any client makes them.
final class Calls {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    /// @throws IOException when there is no answer
    HttpResponse<String> send(String method, String url, Map<String, String> headers, @Nullable String body)
            throws IOException {
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(TIMEOUT)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// The status of a GET; 0 when there is no answer.
    int status(String url) {
        try {
            return send("GET", url, Map.of(), null).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /// An operator's access token.
    ///
    /// @throws Refused when the stack gives none
    String operatorToken(String url, String secret, java.util.Optional<String> scope) {
        var basic = Base64.getEncoder().encodeToString(("operator:" + secret).getBytes(StandardCharsets.UTF_8));
        var form = "grant_type=client_credentials"
                + scope.map(text -> "&scope=" + URLEncoder.encode(text, StandardCharsets.UTF_8))
                        .orElse("");
        try {
            var reply = send(
                    "POST",
                    url + "/oauth/token",
                    Map.of("Authorization", "Basic " + basic, "Content-Type", "application/x-www-form-urlencoded"),
                    form);
            var json = Json.readObject(reply.body());
            if (reply.statusCode() != 200) {
                throw new Refused("no token: " + json.get("error_description"));
            }
            return String.valueOf(json.get("access_token"));
        } catch (IOException e) {
            throw new Refused("the stack at " + url + " does not answer; see ./behalf status");
        }
    }
}
