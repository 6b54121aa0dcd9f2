package dev.behalf.vault.give;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.give.Given.Active;
import dev.behalf.vault.give.Given.Ambiguous;
import dev.behalf.vault.give.Given.Unavailable;
import dev.behalf.vault.give.Given.UserMustAct;
import dev.behalf.vault.page.Site;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/api/v1/connections/{provider}/token`: an agent, with a token that names its user, asks for the access
/// token of the user's account.
@Controller
final class TokenController {

    private static final Set<String> PARAMETERS = Set.of("scopes", "connection", "purpose");

    private final Giving giving;
    private final Site site;

    TokenController(Giving giving, Site site) {
        this.giving = giving;
        this.site = site;
    }

    @Get(value = "/api/v1/connections/{provider}/token", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_USE)
    Mono<HttpResponse<byte[]>> token(HttpRequest<?> request, Caller caller, @PathVariable String provider) {
        return Mono.fromSupplier(() -> asked(request, caller, provider))
                .flatMap(asked -> giving.give(asked).map(given -> answer(asked, given)));
    }

    private static Asked asked(HttpRequest<?> request, Caller caller, String provider) {
        var parameters = request.getParameters();
        for (var name : parameters.names()) {
            if (!PARAMETERS.contains(name) || parameters.getAll(name).size() != 1) {
                throw ProblemException.badRequest("the parameters are scopes, connection and purpose, each once");
            }
        }
        return new Asked(
                caller.subject(),
                caller.clientId(),
                provider,
                connection(parameters.get("connection")),
                Scope.parse(parameters.get("scopes", String.class, "")),
                parameters.get("purpose"),
                request.getHeaders().get("X-Request-Id"));
    }

    private static @Nullable UUID connection(@Nullable String text) {
        try {
            return text == null ? null : UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.badRequest("connection must be the id of a connection");
        }
    }

    private HttpResponse<byte[]> answer(Asked asked, Given given) {
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

    private static io.micronaut.http.MutableHttpResponse<byte[]> json(HttpStatus status, Map<String, Object> body) {
        return HttpResponse.<byte[]>status(status).body(Json.write(body)).header("Cache-Control", "no-store");
    }
}
