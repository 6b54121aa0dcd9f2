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
/// Management endpoints (health, metrics, info) are exempt: they listen on a port of their own, which is not exposed.
@Filter(Filter.MATCH_ALL_PATTERN)
@Requires(beans = AccessTokenVerifier.class)
final class BearerFilter implements HttpServerFilter {

    private static final String CALLER = "dev.behalf.caller";

    private final AccessTokenVerifier tokens;
    private final String audience;

    BearerFilter(AccessTokenVerifier tokens, @Value("${behalf.service}") String service) {
        this.tokens = tokens;
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
                .switchIfEmpty(Mono.error(() -> unauthorized("the access token is missing or not valid")))
                .filter(caller -> caller.scopes().contains(scope.get()))
                .switchIfEmpty(Mono.error(() -> insufficientScope(scope.get())))
                .doOnNext(caller -> request.setAttribute(CALLER, caller))
                .flatMapMany(_ -> chain.proceed(request));
    }

    /// Who called, once the filter let the request through.
    static Optional<Caller> caller(HttpRequest<?> request) {
        return request.getAttribute(CALLER, Caller.class);
    }

    private static Mono<String> bearer(HttpRequest<?> request) {
        List<String> all = request.getHeaders().getAll("Authorization");
        if (all.size() != 1 || !all.getFirst().regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Mono.empty();
        }
        return Mono.just(all.getFirst().substring(7).strip());
    }

    private static ProblemException unauthorized(String detail) {
        return new ProblemException(Problem.of(HttpStatus.UNAUTHORIZED, "invalid-token", detail))
                .header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }

    private static ProblemException insufficientScope(String scope) {
        return new ProblemException(
                        Problem.of(HttpStatus.FORBIDDEN, "insufficient-scope", "the scope " + scope + " is required"))
                .header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"" + scope + "\"");
    }
}
