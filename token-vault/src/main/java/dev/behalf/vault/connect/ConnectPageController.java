package dev.behalf.vault.connect;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.page.PageError;
import dev.behalf.vault.page.Pages;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.session.Session;
import dev.behalf.vault.session.Sessions;
import dev.behalf.vault.signin.SignIn;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/connections/connect/{provider}`, where people connect an account and let an agent use it, and
/// `/connections/callback`, where providers send them back to. Everything about what is wanted stands in the
/// URL, and each time it is looked anew at what is still missing.
@Controller(Site.CONNECTIONS)
final class ConnectPageController {

    private static final int LONGEST = 4096;

    private final ConnectPages steps;
    private final Connecting connecting;
    private final Sessions sessions;
    private final SignIn signIn;
    private final Pages pages;

    ConnectPageController(ConnectPages steps, Connecting connecting, Sessions sessions, SignIn signIn, Pages pages) {
        this.steps = steps;
        this.connecting = connecting;
        this.sessions = sessions;
        this.signIn = signIn;
        this.pages = pages;
    }

    @Get(value = "/connect/{provider}", produces = "text/html")
    @Unprotected("the person signs in on the way")
    Mono<HttpResponse<byte[]>> show(HttpRequest<?> request, String provider) {
        return pages.orError(request, Mono.defer(() -> {
            var wanted = Wanted.of(request, provider);
            return sessions.of(request)
                    .flatMap(session -> steps.show(request, session, wanted))
                    .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, wanted.page())));
        }));
    }

    /// To the provider; or the key that was pasted.
    @Post(value = "/connect/{provider}", produces = "text/html", consumes = "*/*")
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> connect(HttpRequest<byte[]> request, String provider) {
        return pages.orError(request, Mono.defer(() -> {
            var wanted = Wanted.of(request, provider);
            var form = Form.of(request);
            return sessions.sender(request, form)
                    .flatMap(session -> steps.connect(request, session, wanted, form))
                    .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, wanted.page())));
        }));
    }

    /// What the person decided about the agent.
    @Post(value = "/connect/{provider}/decision", produces = "text/html", consumes = "*/*")
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> decide(HttpRequest<byte[]> request, String provider) {
        return pages.orError(request, Mono.defer(() -> {
            var wanted = Wanted.of(request, provider);
            var form = Form.of(request);
            return sessions.sender(request, form)
                    .flatMap(session -> steps.decide(request, session, wanted, form))
                    .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, wanted.page())));
        }));
    }

    @Get(value = "/callback", produces = "text/html")
    @Unprotected("the session proves the person, and the browser that it is the same")
    Mono<HttpResponse<byte[]>> complete(HttpRequest<?> request) {
        return pages.orError(
                request,
                sessions.of(request)
                        .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.FORBIDDEN, "error.connect.signed-out")))
                        .flatMap(session -> complete(request, session)));
    }

    private Mono<HttpResponse<byte[]>> complete(HttpRequest<?> request, Session session) {
        var browser = SignIn.browser(request)
                .map(Secret::reveal)
                .map(Sha256::of)
                .orElseThrow(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.connect.state"));
        var state = parameter(request, "state");
        if (state == null) {
            throw PageError.of(HttpStatus.BAD_REQUEST, "error.connect.state");
        }
        var answer = new Connecting.Answer(
                state, parameter(request, "code"), parameter(request, "iss"), parameter(request, "error"));
        return connecting
                .pageOf(session.subject(), browser, state)
                .defaultIfEmpty(Site.CONNECTIONS)
                .flatMap(page -> connecting
                        .complete(session.subject(), browser, answer)
                        .<HttpResponse<byte[]>>map(_ -> Pages.goTo(page))
                        .onErrorMap(ConnectFailed.class, failed -> ConnectPages.shown(failed, page)));
    }

    /// Its value; null when there is none of it, or several, or it is longer than any.
    private static @Nullable String parameter(HttpRequest<?> request, String name) {
        var all = request.getParameters().getAll(name);
        return all.size() == 1 && !all.getFirst().isEmpty() && all.getFirst().length() <= LONGEST
                ? all.getFirst()
                : null;
    }
}
