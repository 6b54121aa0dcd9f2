package dev.behalf.authz.login;

import dev.behalf.authz.account.Password;
import dev.behalf.authz.account.Passwords;
import dev.behalf.authz.page.NoticeView;
import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.page.PasswordView;
import dev.behalf.authz.session.Browser;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/login/password`: chooses a password, with the ticket that the operator handed out. Opening the page uses
/// nothing up: mail programs open links by themselves.
@Controller("/login/password")
final class TicketController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final Passwords passwords;
    private final Browser browser;
    private final Pages pages;

    TicketController(Passwords passwords, Browser browser, Pages pages) {
        this.passwords = passwords;
        this.browser = browser;
        this.pages = pages;
    }

    @Get(produces = "text/html")
    @Unprotected("the ticket says whose password it is")
    Mono<HttpResponse<byte[]>> ask(HttpRequest<?> request) {
        return pages.orError(request, Mono.defer(() -> {
            var ticket = ticket(request);
            return passwords
                    .holder(ticket)
                    .switchIfEmpty(Mono.error(TicketController::spent))
                    .map(account -> page(request, HttpStatus.OK, ticket, account.username(), null));
        }));
    }

    @Post(produces = "text/html", consumes = "*/*")
    @Unprotected("the ticket says whose password it is")
    Mono<HttpResponse<byte[]>> set(HttpRequest<byte[]> request) {
        return pages.orError(request, Mono.defer(() -> {
            var ticket = ticket(request);
            var form = Form.of(request);
            boolean ours = browser.sender(request, form.field("csrf")).isPresent();
            var password = Password.of(form.field("password"));
            return passwords
                    .holder(ticket)
                    .switchIfEmpty(Mono.error(TicketController::spent))
                    .flatMap(account -> {
                        var fault = ours ? password.fault(account.username()) : "sign-in.stale";
                        return fault == null
                                ? redeem(request, ticket, password)
                                : Mono.just(page(request, HttpStatus.OK, ticket, account.username(), fault));
                    });
        }));
    }

    private Mono<HttpResponse<byte[]>> redeem(HttpRequest<?> request, String ticket, Password password) {
        return passwords
                .redeem(ticket, password)
                .switchIfEmpty(Mono.error(TicketController::spent))
                .doOnNext(account -> audit.info("user {} set a password with a ticket", account.id()))
                .map(_ -> pages.render(
                        request, HttpStatus.OK, new NoticeView("notice.password", "/login", "notice.sign-in")));
    }

    private HttpResponse<byte[]> page(
            HttpRequest<?> request, HttpStatus status, String ticket, String username, @Nullable String fault) {
        var secret = browser.of(request);
        var view = new PasswordView("/login/password?ticket=" + ticket, Browser.csrf(secret), username, fault);
        return browser.keep(pages.render(request, status, view), secret);
    }

    private static String ticket(HttpRequest<?> request) {
        return request.getParameters()
                .getFirst("ticket")
                .filter(text -> text.matches("[A-Za-z0-9_-]{43}"))
                .orElseThrow(TicketController::spent);
    }

    private static PageError spent() {
        return PageError.of(HttpStatus.NOT_FOUND, "error.ticket");
    }
}
