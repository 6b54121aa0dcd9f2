package dev.behalf.vault.give;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.give.Given.Active;
import dev.behalf.vault.give.Given.Ambiguous;
import dev.behalf.vault.give.Given.Unavailable;
import dev.behalf.vault.give.Given.UserMustAct;
import dev.behalf.vault.page.Site;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What is said to whoever asked for a token: the same to the agent and to the gateway, told apart by `status`.
@Singleton
final class Answers {

    private final Site site;

    Answers(Site site) {
        this.site = site;
    }

    HttpResponse<byte[]> of(Asked asked, Given given) {
        return switch (given) {
            case Active active -> json(HttpStatus.OK, active(active));
            case UserMustAct act -> json(HttpStatus.FORBIDDEN, act(asked, act));
            case Ambiguous() ->
                throw new ProblemException(Problem.of(
                        HttpStatus.CONFLICT,
                        "ambiguous",
                        "the user has several accounts there: name one by connection"));
            case Unavailable(var connection, var retryAfter) -> {
                var body = status("provider_unavailable", connection);
                body.put("error", "the token has expired, and the provider does not give a new one now");
                yield json(HttpStatus.SERVICE_UNAVAILABLE, body)
                        .header("Retry-After", Long.toString(Math.max(1, retryAfter.toSeconds())));
            }
        };
    }

    private static Map<String, Object> active(Active active) {
        var connection = active.connection();
        var body = status("active", connection);
        body.put("access_token", active.tokens().access().reveal());
        body.put("token_type", active.tokens().tokenType());
        body.put("scopes", new TreeSet<>(connection.scopes()));
        if (connection.expiresAt() != null) {
            body.put("expires_at", connection.expiresAt().toString());
        }
        return body;
    }

    /// With `error` and `authorization_url`, it is also what clients of older agent platforms understand.
    private Map<String, Object> act(Asked asked, UserMustAct act) {
        var body = status(act.status().word(), act.connection());
        body.put("error", "CONSENT_REQUIRED");
        body.put("detail", act.status().text());
        if (!act.missing().isEmpty()) {
            body.put("missing_scopes", act.missing());
        }
        body.put(
                "authorization_url",
                site.url(Site.connect(act.provider(), asked.scopes(), asked.agent())
                        + (act.connection() == null
                                ? ""
                                : "&connection=" + act.connection().id())));
        return body;
    }

    private static Map<String, Object> status(String word, @Nullable Connection connection) {
        var body = new LinkedHashMap<String, Object>();
        body.put("status", word);
        if (connection != null) {
            body.put("connection", connection.id().toString());
            body.put("account", connection.account().id());
        }
        return body;
    }

    private static MutableHttpResponse<byte[]> json(HttpStatus status, Map<String, Object> body) {
        return HttpResponse.<byte[]>status(status).body(Json.write(body)).header("Cache-Control", "no-store");
    }
}
