package dev.behalf.vault.give;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/api/v1/connections/{provider}/token`: an agent, with a token that names its user, asks for the access
/// token of the user's account.
@Controller
final class TokenController {

    private static final Set<String> PARAMETERS = Set.of("scopes", "connection", "purpose");

    private final Giving giving;
    private final Answers answers;

    TokenController(Giving giving, Answers answers) {
        this.giving = giving;
        this.answers = answers;
    }

    @Get(value = "/api/v1/connections/{provider}/token", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_USE)
    Mono<HttpResponse<byte[]>> token(HttpRequest<?> request, Caller caller, @PathVariable String provider) {
        return Mono.fromSupplier(() -> asked(request, caller, provider))
                .flatMap(asked -> giving.give(asked).map(given -> answers.of(asked, given)));
    }

    private static Asked asked(HttpRequest<?> request, Caller caller, String provider) {
        var parameters = request.getParameters();
        for (var name : parameters.names()) {
            if (!PARAMETERS.contains(name) || parameters.getAll(name).size() != 1) {
                throw ProblemException.badRequest("the parameters are scopes, connection and purpose, each once");
            }
        }
        return new Asked(
                Asked.Use.READ,
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
}
