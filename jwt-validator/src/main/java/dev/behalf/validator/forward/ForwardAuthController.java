package dev.behalf.validator.forward;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.validator.judge.Judge;
import dev.behalf.validator.judge.RequestHost;
import dev.behalf.validator.judge.Verdict;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Options;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/forward-auth/{flavour}`: 200 with the identity headers, or the refusal that the proxy passes to the client.
///
/// The proxy says in a header which host the client called, and the answer depends on it, so only proxies may
/// reach these paths (the network's business) and each flavour looks at exactly one header: nginx `X-Original-
/// Host`, Traefik and Caddy `X-Forwarded-Host`, Envoy `Host`. The identity header is in every answer, empty
/// where there is no identity: proxies overwrite only what they are given (CVE-2026-30851).
///
/// A proxy passes on what the client says of the media types that it sends and takes; it does not matter here.
@Controller(value = "/forward-auth", consumes = MediaType.ALL, produces = MediaType.ALL)
@Unprotected("the request carries the user's token, which is what is judged")
final class ForwardAuthController {

    private static final String X_END_USER_ID = "X-End-User-ID";
    private static final String BEARER = "Bearer ";
    private static final Pattern NOT_IN_DESCRIPTION = Pattern.compile("[^\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]");

    private final Judge judge;

    ForwardAuthController(Judge judge) {
        this.judge = judge;
    }

    /// These ask with GET, whatever the client's method is. The query is what the proxy is configured with: it
    /// never is the client's.
    ///
    /// @param resource that tokens of our own authorization server must be for; left out: none of them is
    ///                 accepted
    /// @param scope    what they must allow, space-delimited
    @Get("/{proxy:nginx|traefik|caddy}")
    Mono<HttpResponse<?>> forwarded(
            HttpRequest<?> request,
            String proxy,
            @Nullable @QueryValue String resource,
            @Nullable @QueryValue String scope) {
        var scopes = scope == null ? Set.<String>of() : Scope.parse(scope);
        return answer(request, proxy.equals("nginx") ? "X-Original-Host" : "X-Forwarded-Host", resource, scopes);
    }

    /// Envoy sends the client's method, and the client's path behind the configured prefix.
    @Get("/envoy{/path:.*}")
    Mono<HttpResponse<?>> envoy(HttpRequest<?> request) {
        return answer(request, "Host", null, Set.of()); // its query is the client's
    }

    @Post("/envoy{/path:.*}")
    Mono<HttpResponse<?>> envoyPost(HttpRequest<?> request) {
        return envoy(request);
    }

    @Put("/envoy{/path:.*}")
    Mono<HttpResponse<?>> envoyPut(HttpRequest<?> request) {
        return envoy(request);
    }

    @Patch("/envoy{/path:.*}")
    Mono<HttpResponse<?>> envoyPatch(HttpRequest<?> request) {
        return envoy(request);
    }

    @Delete("/envoy{/path:.*}")
    Mono<HttpResponse<?>> envoyDelete(HttpRequest<?> request) {
        return envoy(request);
    }

    @Options("/envoy{/path:.*}")
    Mono<HttpResponse<?>> envoyOptions(HttpRequest<?> request) {
        return envoy(request);
    }

    private Mono<HttpResponse<?>> answer(
            HttpRequest<?> request, String hostHeader, @Nullable String resource, Set<String> scopes) {
        var headers = request.getHeaders();
        var host = host(headers, hostHeader);
        if (host.isEmpty()) {
            return Mono.just(refuse(HttpStatus.BAD_REQUEST, "bad-request", hostHeader + " must name one host"));
        }
        if (headers.getAll("Authorization").size() > 1) {
            return Mono.just(refuse(HttpStatus.BAD_REQUEST, "bad-request", "Authorization must be sent once"));
        }
        var token = bearer(headers);
        if (token.isEmpty()) {
            return Mono.just(challenge("a bearer token is required", false));
        }
        return judge.judge(token.get(), host.get(), resource).map(judgement -> switch (judgement.verdict()) {
            case Verdict.Accepted yes ->
                HttpResponse.ok().header(X_END_USER_ID, yes.userId()).header("Cache-Control", "no-store");
            case Verdict.Delegated yes when !yes.scopes().containsAll(scopes) -> insufficient(scopes);
            case Verdict.Delegated yes ->
                HttpResponse.ok().header(X_END_USER_ID, yes.userId()).header("Cache-Control", "no-store");
            case Verdict.Refused no when no.forbidden() -> refuse(HttpStatus.FORBIDDEN, "access-denied", no.detail());
            case Verdict.Refused no -> challenge(no.detail(), true);
            case Verdict.Unavailable away ->
                refuse(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", away.detail())
                        .header(
                                "Retry-After",
                                Long.toString(Math.max(1, away.retryAfter().toSeconds())));
        });
    }

    private static Optional<String> host(HttpHeaders headers, String name) {
        List<String> all = headers.getAll(name);
        return all.size() == 1 ? RequestHost.of(all.getFirst()) : Optional.empty();
    }

    private static Optional<String> bearer(HttpHeaders headers) {
        var authorization = headers.get("Authorization");
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.empty();
        }
        var token = authorization.substring(BEARER.length()).strip();
        return token.isEmpty() ? Optional.empty() : Optional.of(token);
    }

    private static MutableHttpResponse<?> challenge(String detail, boolean tokenWasSent) {
        return refuse(HttpStatus.UNAUTHORIZED, "invalid-token", detail)
                .header(
                        "WWW-Authenticate",
                        tokenWasSent
                                ? "Bearer error=\"invalid_token\", error_description=\"" + described(detail) + "\""
                                : "Bearer");
    }

    private static MutableHttpResponse<?> insufficient(Set<String> scopes) {
        return refuse(HttpStatus.FORBIDDEN, "insufficient-scope", "the token lacks a scope")
                .header(
                        "WWW-Authenticate",
                        "Bearer error=\"insufficient_scope\", scope=\"" + described(Scope.text(scopes)) + "\"");
    }

    /// The text in the characters that RFC 6750 §3 lets an `error_description` have.
    private static String described(String detail) {
        return NOT_IN_DESCRIPTION.matcher(detail.replace('"', '\'')).replaceAll("?");
    }

    private static MutableHttpResponse<?> refuse(HttpStatus status, String kind, String detail) {
        return HttpResponse.status(status)
                .contentType(Problem.MEDIA_TYPE)
                .header(X_END_USER_ID, "")
                .header("Cache-Control", "no-store")
                .body(Problem.of(status, kind, detail));
    }
}
