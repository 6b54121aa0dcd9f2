package dev.behalf.kernel.access;

import dev.behalf.kernel.oauth.AccessTokenVerifier;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Filter;
import io.micronaut.http.filter.HttpServerFilter;
import io.micronaut.http.filter.ServerFilterChain;
import io.micronaut.management.endpoint.annotation.Endpoint;
import io.micronaut.web.router.RouteAttributes;
import java.util.List;
import java.util.Optional;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Lets a request reach an endpoint only with a token that its [RequiresScope] asks for (RFC 6750). The proved
/// [Caller] is then an attribute of the request: [#caller].
///
/// Management endpoints (health, metrics, info) are exempt: they listen on a port of their own, which is not
/// exposed.
@Filter(Filter.MATCH_ALL_PATTERN)
@Requires(beans = AccessTokenVerifier.class)
final class BearerFilter implements HttpServerFilter {

    private static final String CALLER = "dev.behalf.caller";
    private static final String SCHEME = "Bearer";

    private final AccessTokenVerifier tokens;
    private final List<CallerCheck> checks;
    private final String audience;

    BearerFilter(AccessTokenVerifier tokens, List<CallerCheck> checks, @Value("${behalf.service}") String service) {
        this.tokens = tokens;
        this.checks = List.copyOf(checks);
        this.audience = "urn:behalf:" + service;
    }

    @Override
    public Publisher<MutableHttpResponse<?>> doFilter(HttpRequest<?> request, ServerFilterChain chain) {
        var match = RouteAttributes.getRouteMatch(request).orElse(null);
        if (match == null) {
            return chain.proceed(request); // no endpoint: the answer is 404 or 405
        }
        var endpoint = match.getRouteInfo().getAnnotationMetadata();
        if (endpoint.hasStereotype(Endpoint.class) || endpoint.hasAnnotation(Unprotected.class)) {
            return chain.proceed(request);
        }
        var scope = endpoint.stringValue(RequiresScope.class);
        if (scope.isEmpty()) {
            return Flux.error(() -> new ProblemException(HttpStatus.FORBIDDEN, "this endpoint is closed"));
        }
        return bearer(request)
                .flatMap(token -> tokens.verify(token, audience))
                .filterWhen(this::stillCounts)
                .switchIfEmpty(Mono.error(BearerFilter::invalidToken))
                .filter(caller -> caller.scopes().contains(scope.get()))
                .switchIfEmpty(Mono.error(() -> insufficientScope(scope.get())))
                .doOnNext(caller -> request.setAttribute(CALLER, caller))
                .flatMapMany(_ -> chain.proceed(request));
    }

    private Mono<Boolean> stillCounts(Caller caller) {
        return Flux.fromIterable(checks)
                .concatMap(check -> check.stillCounts(caller))
                .all(counts -> counts);
    }

    /// Who called, once the filter let the request through.
    static Optional<Caller> caller(HttpRequest<?> request) {
        return request.getAttribute(CALLER, Caller.class);
    }

    /// What stands behind the scheme; whether it is a token, its verification says.
    private static Mono<String> bearer(HttpRequest<?> request) {
        List<String> all = request.getHeaders().getAll("Authorization");
        if (all.size() > 1) {
            return Mono.error(BearerFilter::ambiguous);
        }
        if (all.isEmpty() || !isBearer(all.getFirst())) {
            return Mono.error(BearerFilter::missing);
        }
        return Mono.just(all.getFirst().substring(SCHEME.length()).strip());
    }

    private static boolean isBearer(String authorization) {
        return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && (authorization.length() == SCHEME.length() || authorization.charAt(SCHEME.length()) == ' ');
    }

    private static ProblemException missing() {
        // RFC 6750 §3.1: who sent no token is told of no error
        return refusal(HttpStatus.UNAUTHORIZED, "missing-token", "an access token is required", "");
    }

    private static ProblemException ambiguous() {
        var detail = "there is more than one Authorization header";
        return refusal(HttpStatus.BAD_REQUEST, "invalid-request", detail, ", error=\"invalid_request\"");
    }

    private static ProblemException invalidToken() {
        var detail = "the access token is not valid";
        return refusal(HttpStatus.UNAUTHORIZED, "invalid-token", detail, ", error=\"invalid_token\"");
    }

    private static ProblemException insufficientScope(String scope) {
        var error = ", error=\"insufficient_scope\", scope=\"" + scope + "\"";
        return refusal(HttpStatus.FORBIDDEN, "insufficient-scope", "the scope " + scope + " is required", error);
    }

    private static ProblemException refusal(HttpStatus status, String kind, String detail, String error) {
        return new ProblemException(Problem.of(status, kind, detail))
                .header("WWW-Authenticate", "Bearer realm=\"behalf\"" + error);
    }
}
