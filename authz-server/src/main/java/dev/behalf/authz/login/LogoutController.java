package dev.behalf.authz.login;

import dev.behalf.authz.page.NoticeView;
import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.page.SignOutView;
import dev.behalf.authz.session.Sessions;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.page.PageHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.net.URI;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/logout`: a link asks, a form of our own does it, so that no other site signs anybody out.
@Controller("/logout")
final class LogoutController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final Sessions sessions;
    private final Pages pages;

    LogoutController(Sessions sessions, Pages pages) {
        this.sessions = sessions;
        this.pages = pages;
    }

    @Get(produces = "text/html")
    @Unprotected("the session is looked for in the request")
    Mono<HttpResponse<byte[]>> ask(HttpRequest<?> request) {
        return pages.orError(
                request,
                sessions.of(request)
                        .<HttpResponse<byte[]>>map(session -> pages.render(
                                request,
                                HttpStatus.OK,
                                new SignOutView(session.account().username(), sessions.csrf(session))))
                        .switchIfEmpty(Mono.fromSupplier(
                                () -> PageHeaders.discreet(HttpResponse.seeOther(URI.create("/login"))))));
    }

    @Post(produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of the session")
    Mono<HttpResponse<byte[]>> signOut(HttpRequest<byte[]> request) {
        return pages.orError(
                request,
                Mono.fromSupplier(() -> Form.of(request))
                        .flatMap(form -> sessions.of(request)
                                .flatMap(session -> sessions.isOwnForm(request, session, form.field("csrf"))
                                        ? sessions.end(request)
                                                .doOnNext(_ -> audit.info(
                                                        "user {} signed out",
                                                        session.account().id()))
                                        : Mono.error(() -> PageError.of(HttpStatus.FORBIDDEN, "error.foreign-form")))
                                .<HttpResponse<byte[]>>map(
                                        cookie -> done(request).cookie(cookie))
                                .switchIfEmpty(Mono.fromSupplier(() -> done(request)))));
    }

    private io.micronaut.http.MutableHttpResponse<byte[]> done(HttpRequest<?> request) {
        return pages.render(request, HttpStatus.OK, new NoticeView("notice.signed-out", "/login", "notice.sign-in"));
    }
}
