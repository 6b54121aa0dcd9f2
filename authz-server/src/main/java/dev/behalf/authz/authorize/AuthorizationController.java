package dev.behalf.authz.authorize;

import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.Pages;
import dev.behalf.kernel.access.Unprotected;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;

/// `/oauth/authorize` (OAuth 2.1 §4.1). Everything about the request stands in its URL, which the browser comes
/// back to after signing in and with the person's decision; so it is judged anew each time, and any replica can
/// do so.
@Controller("/oauth/authorize")
@Produces(MediaType.TEXT_HTML)
final class AuthorizationController {

    private static final int MAX_QUERY = 6 * 1024;

    private final AuthorizationRequests requests;
    private final Authorization authorization;
    private final AuthorizationResponse response;
    private final Pages pages;

    AuthorizationController(
            AuthorizationRequests requests, Authorization authorization, AuthorizationResponse response, Pages pages) {
        this.requests = requests;
        this.authorization = authorization;
        this.response = response;
        this.pages = pages;
    }

    @Get
    @Unprotected("the person signs in on the way")
    Mono<HttpResponse<byte[]>> authorize(HttpRequest<?> http) {
        return answer(
                http,
                Mono.defer(() -> requests.read(ofQuery(http)).flatMap(request -> authorization.begin(http, request))));
    }

    /// The parameters in a form mean the same (OpenID Connect Core §3.1.2.1).
    @Post
    @Consumes(MediaType.ALL)
    @Unprotected("the person signs in on the way")
    Mono<HttpResponse<byte[]>> authorizeByForm(HttpRequest<byte[]> http) {
        return answer(http, Mono.fromSupplier(() -> {
            var _ = OAuthRequest.ofForm(http);
            var body = new String(http.getBody().orElseGet(() -> new byte[0]), StandardCharsets.US_ASCII);
            if (body.length() > MAX_QUERY || !body.chars().allMatch(c -> c > 0x20 && c < 0x7F)) {
                throw new Shown("error.request");
            }
            return HttpResponse.<byte[]>status(HttpStatus.SEE_OTHER)
                    .header(HttpHeaders.LOCATION, "/oauth/authorize?" + body)
                    .header("Cache-Control", "no-store");
        }));
    }

    /// What the person decided.
    @Post("/decision")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> decide(HttpRequest<byte[]> http) {
        return answer(
                http,
                Mono.defer(() -> requests.read(ofQuery(http)).flatMap(request -> authorization.decide(http, request))));
    }

    private static OAuthRequest ofQuery(HttpRequest<?> http) {
        var query = http.getUri().getRawQuery();
        if (query != null && query.length() > MAX_QUERY) {
            throw new Shown("error.request");
        }
        return OAuthRequest.ofQuery(http);
    }

    /// The answer; or a page where nowhere to send an error is known, or else the error sent there.
    private Mono<HttpResponse<byte[]>> answer(HttpRequest<?> http, Mono<HttpResponse<byte[]>> work) {
        return pages.orError(
                http,
                work.onErrorResume(Sent.class, refusal -> Mono.just(response.error(refusal)))
                        .onErrorMap(Shown.class, refusal -> PageError.of(HttpStatus.BAD_REQUEST, refusal.message()))
                        .onErrorMap(OAuthError.class, _ -> PageError.of(HttpStatus.BAD_REQUEST, "error.request")));
    }
}
