package dev.behalf.authz.login;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.account.Password;
import dev.behalf.authz.federation.Federation;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.page.SignInView;
import dev.behalf.authz.session.Browser;
import dev.behalf.authz.session.Session;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/login`: with user name and password.
@Controller("/login")
final class LoginController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final Sessions sessions;
    private final PasswordProof passwords;
    private final Browser browser;
    private final Federation federation;
    private final Pages pages;

    LoginController(Sessions sessions, PasswordProof passwords, Browser browser, Federation federation, Pages pages) {
        this.sessions = sessions;
        this.passwords = passwords;
        this.browser = browser;
        this.federation = federation;
        this.pages = pages;
    }

    @Get(produces = "text/html")
    @Unprotected("who comes here is not signed in yet")
    Mono<HttpResponse<byte[]>> ask(HttpRequest<?> request) {
        return pages.orError(request, Mono.defer(() -> {
            var login = LoginRequest.of(request);
            return sessions.of(request)
                    .singleOptional()
                    .map(session -> session.isPresent() && !login.again()
                            ? goOn(login)
                            : page(request, HttpStatus.OK, login, session.orElse(null), null));
        }));
    }

    @Post(produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of its own")
    Mono<HttpResponse<byte[]>> signIn(HttpRequest<byte[]> request) {
        return pages.orError(request, Mono.defer(() -> {
            var login = LoginRequest.of(request);
            var form = Form.of(request);
            if (browser.sender(request, form.field("csrf")).isEmpty()) {
                return Mono.just(page(request, HttpStatus.FORBIDDEN, login, null, "sign-in.stale"));
            }
            return passwords
                    .check(request, form.field("username"), Password.of(form.field("password")))
                    .flatMap(account -> begin(request, login, account))
                    .switchIfEmpty(Mono.defer(() -> sessions.of(request)
                            .singleOptional()
                            .map(session ->
                                    page(request, HttpStatus.OK, login, session.orElse(null), "sign-in.wrong"))));
        }));
    }

    private Mono<HttpResponse<byte[]>> begin(HttpRequest<?> request, LoginRequest login, Account account) {
        return Mono.zip(
                        sessions.begin(request, account, Session.PASSWORD, login.page()),
                        passwords.remember(request, account))
                .doOnNext(_ -> audit.info("user {} signed in with a password", account.id()))
                .map(cookies -> PageHeaders.discreet(HttpResponse.<byte[]>seeOther(URI.create(login.page())))
                        .cookie(cookies.getT1())
                        .cookie(cookies.getT2()));
    }

    private HttpResponse<byte[]> page(
            HttpRequest<?> request,
            HttpStatus status,
            LoginRequest login,
            @Nullable Session session,
            @Nullable String error) {
        var secret = browser.of(request);
        boolean again = session != null && login.again() && !login.other();
        var expected = session != null && again ? session.account().username() : login.hint();
        var view = new SignInView(
                login.path(request, login.other()),
                Browser.csrf(secret),
                expected,
                again,
                again ? login.path(request, true) : null,
                federation.choices().stream()
                        .map(choice -> new SignInView.Provider(choice.title(), login.through(request, choice.name())))
                        .toList(),
                error);
        return browser.keep(pages.render(request, status, view), secret);
    }

    private static HttpResponse<byte[]> goOn(LoginRequest login) {
        return PageHeaders.discreet(HttpResponse.seeOther(URI.create(login.page())));
    }
}
