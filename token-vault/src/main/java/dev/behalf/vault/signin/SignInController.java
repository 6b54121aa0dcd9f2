package dev.behalf.vault.signin;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.page.Form;
import dev.behalf.vault.page.PageError;
import dev.behalf.vault.page.Pages;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.session.Sessions;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.net.URI;
import java.time.Clock;
import reactor.core.publisher.Mono;

/// `/connections/signed-in`, where people come back from the authorization server, and `/connections/sign-out`.
@Controller(Site.CONNECTIONS)
final class SignInController {

    private static final int LONGEST = 4096;

    private final AuthorizationServer server;
    private final Sessions sessions;
    private final OAuthSettings settings;
    private final Site site;
    private final Pages pages;
    private final Clock clock;

    SignInController(
            AuthorizationServer server,
            Sessions sessions,
            OAuthSettings settings,
            Site site,
            Pages pages,
            Clock clock) {
        this.server = server;
        this.sessions = sessions;
        this.settings = settings;
        this.site = site;
        this.pages = pages;
        this.clock = clock;
    }

    @Get(value = "/signed-in", produces = "text/html")
    @Unprotected("who comes here is not signed in yet")
    Mono<HttpResponse<byte[]>> complete(HttpRequest<?> request) {
        return pages.orError(request, Mono.defer(() -> {
            var attempt = SignIn.browser(request)
                    .flatMap(browser -> Attempt.of(parameter(request, "state"), browser, clock.instant()))
                    .orElseThrow(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.sign-in", Site.CONNECTIONS));
            if (!parameter(request, "iss").equals(settings.issuer())) { // RFC 9207 §2.4
                throw PageError.of(HttpStatus.BAD_REQUEST, "error.sign-in", attempt.page());
            }
            var code = parameter(request, "code");
            if (code.isEmpty()) {
                throw PageError.of(HttpStatus.FORBIDDEN, "error.sign-in.refused", attempt.page());
            }
            return server.redeem(code, attempt, site.url(SignIn.CALLBACK))
                    .switchIfEmpty(
                            Mono.error(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.sign-in", attempt.page())))
                    .flatMap(person -> sessions.begin(request, person.subject(), person.username()))
                    .map(cookie -> Pages.goTo(attempt.page()).cookie(cookie));
        }));
    }

    /// Ends the session here, and goes on to where the one at the authorization server can be ended: otherwise
    /// the next page would sign the person in again.
    @Post(value = "/sign-out", produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of the session")
    Mono<HttpResponse<byte[]>> signOut(HttpRequest<byte[]> request) {
        return pages.orError(
                request,
                Mono.fromSupplier(() -> Form.of(request))
                        .flatMap(form -> sessions.sender(request, form))
                        .flatMap(_ -> sessions.end(request))
                        .<HttpResponse<byte[]>>map(cookie -> toLogout().cookie(cookie))
                        .switchIfEmpty(Mono.fromSupplier(this::toLogout)));
    }

    private io.micronaut.http.MutableHttpResponse<byte[]> toLogout() {
        return Pages.goTo(URI.create(site.url("/logout")));
    }

    /// Its value, or empty when there is none of it, or several.
    private static String parameter(HttpRequest<?> request, String name) {
        var all = request.getParameters().getAll(name);
        return all.size() == 1 && all.getFirst().length() <= LONGEST ? all.getFirst() : "";
    }
}
