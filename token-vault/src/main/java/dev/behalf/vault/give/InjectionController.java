package dev.behalf.vault.give;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/internal/injections`: the gateway asks for a token that it puts into a call which an agent makes for its
/// user. The agent gets nothing that it would not be given if it asked itself.
@Controller("/internal/injections")
final class InjectionController {

    /// The one client that may ask.
    private static final String GATEWAY = "api-gateway";

    /// The characters of identifiers (RFC 6749 Appendix A).
    private static final Pattern ID = Pattern.compile("[\\x20-\\x7E]{1,500}");

    private static final Pattern SCOPE = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,500}");
    private static final Set<String> MEMBERS = Set.of("user", "agent", "provider", "scopes", "purpose");

    private final Giving giving;
    private final Answers answers;

    InjectionController(Giving giving, Answers answers) {
        this.giving = giving;
        this.answers = answers;
    }

    /// `{"user", "agent", "provider", "scopes"?, "purpose"}`
    @Post(produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_INJECT)
    Mono<HttpResponse<byte[]>> inject(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> {
                    check(caller);
                    return asked(JsonBody.read(headers, body), headers.get("X-Request-Id"));
                })
                .flatMap(asked -> giving.give(asked).map(given -> answers.of(asked, given)));
    }

    /// Nobody but the gateway, acting for itself: the scope alone would let in whoever came by it otherwise.
    private static void check(Caller caller) {
        if (!caller.clientId().equals(GATEWAY)
                || !caller.subject().equals(GATEWAY)
                || caller.actor() != null
                || caller.grant() != null) {
            throw new ProblemException(HttpStatus.FORBIDDEN, "this is for the gateway alone");
        }
    }

    private static Asked asked(Map<String, @Nullable Object> json, @Nullable String requestId) {
        if (!MEMBERS.containsAll(json.keySet())) {
            throw ProblemException.badRequest("the members are user, agent, provider, scopes and purpose");
        }
        return new Asked(
                Asked.Use.INJECT,
                id(json, "user"),
                id(json, "agent"),
                id(json, "provider"),
                null,
                scopes(json.get("scopes")),
                id(json, "purpose"),
                requestId);
    }

    private static String id(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof String text && ID.matcher(text).matches()) {
            return text;
        }
        throw ProblemException.badRequest(name + " must be a text of 1 to 500 printable characters");
    }

    private static Set<String> scopes(@Nullable Object value) {
        var scopes = new LinkedHashSet<String>();
        if (value != null) {
            if (!(value instanceof List<?> list)) {
                throw ProblemException.badRequest("scopes must be a list");
            }
            for (var item : list) {
                if (!(item instanceof String scope) || !SCOPE.matcher(scope).matches()) {
                    throw ProblemException.badRequest("scopes must be a list of scopes");
                }
                scopes.add(scope);
            }
        }
        return scopes;
    }
}
