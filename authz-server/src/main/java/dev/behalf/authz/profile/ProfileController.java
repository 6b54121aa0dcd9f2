package dev.behalf.authz.profile;

import dev.behalf.authz.account.Password;
import dev.behalf.authz.account.Passwords;
import dev.behalf.authz.federation.AccountLinks;
import dev.behalf.authz.federation.Federation;
import dev.behalf.authz.login.PasswordProof;
import dev.behalf.authz.login.SignIn;
import dev.behalf.authz.page.AccountView;
import dev.behalf.authz.page.NoticeView;
import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.session.Browser;
import dev.behalf.authz.session.Session;
import dev.behalf.authz.session.Sessions;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.page.PageHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/account`: who am I here, and how do I sign in.
@Controller("/account")
final class ProfileController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// How long after signing in people may change how they sign in.
    private static final Duration FRESH = Duration.ofMinutes(10);

    private final Sessions sessions;
    private final SignIn signIn;
    private final PasswordProof proof;
    private final Passwords passwords;
    private final Federation federation;
    private final AccountLinks links;
    private final Browser browser;
    private final Clock clock;
    private final Pages pages;

    ProfileController(
            Sessions sessions,
            SignIn signIn,
            PasswordProof proof,
            Passwords passwords,
            Federation federation,
            AccountLinks links,
            Browser browser,
            Clock clock,
            Pages pages) {
        this.sessions = sessions;
        this.signIn = signIn;
        this.proof = proof;
        this.passwords = passwords;
        this.federation = federation;
        this.links = links;
        this.browser = browser;
        this.clock = clock;
        this.pages = pages;
    }

    @Get(produces = "text/html")
    @Unprotected("the session is looked for in the request")
    Mono<HttpResponse<byte[]>> show(HttpRequest<?> request) {
        return pages.orError(
                request,
                sessions.of(request)
                        .<HttpResponse<byte[]>>flatMap(session -> page(request, session, null))
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect("/account", null, false))));
    }

    /// The present password is asked for whatever the age of the session: it may be another who sits there now.
    @Post(value = "/password", produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of the session")
    Mono<HttpResponse<byte[]>> changePassword(HttpRequest<byte[]> request) {
        return form(request, (session, form) -> change(request, session, form));
    }

    /// Another way to sign in to the account: whoever adds one must have signed in just now.
    @Post(value = "/connect/{provider}", produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of the session")
    Mono<HttpResponse<byte[]>> connect(HttpRequest<byte[]> request, String provider) {
        return form(request, (session, _) -> {
            if (!isFresh(session)) {
                return Mono.just(signIn.redirect("/account", null, true));
            }
            var secret = browser.of(request);
            return federation
                    .begin(
                            provider,
                            secret,
                            "/account",
                            false,
                            session.account().id())
                    .map(location ->
                            browser.keep(PageHeaders.discreet(HttpResponse.<byte[]>seeOther(location)), secret));
        });
    }

    /// Unless it is the only way to sign in that is left.
    @Post(value = "/disconnect/{provider}", produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of the session")
    Mono<HttpResponse<byte[]>> disconnect(HttpRequest<byte[]> request, String provider) {
        return form(request, (session, _) -> {
            if (!isFresh(session)) {
                return Mono.just(signIn.redirect("/account", null, true));
            }
            var account = session.account();
            return Mono.zip(passwords.hasPassword(account), links.of(account))
                    .filter(ways -> ways.getT1() || ways.getT2().size() > 1)
                    .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.CONFLICT, "error.request")))
                    .flatMap(_ -> links.remove(account, provider))
                    .doOnSuccess(_ -> audit.info("user {} disconnected {}", account.id(), provider))
                    .thenReturn(PageHeaders.discreet(HttpResponse.<byte[]>seeOther(URI.create("/account"))));
        });
    }

    private Mono<HttpResponse<byte[]>> form(
            HttpRequest<byte[]> request, BiFunction<Session, Form, Mono<HttpResponse<byte[]>>> answer) {
        return pages.orError(
                request,
                Mono.fromSupplier(() -> Form.of(request))
                        .flatMap(form -> sessions.of(request)
                                .flatMap(session -> sessions.isOwnForm(request, session, form.field("csrf"))
                                        ? answer.apply(session, form)
                                        : Mono.error(() -> PageError.of(HttpStatus.FORBIDDEN, "error.foreign-form")))
                                .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect("/account", null, false)))));
    }

    private boolean isFresh(Session session) {
        return clock.instant().isBefore(session.authTime().plus(FRESH));
    }

    private Mono<HttpResponse<byte[]>> change(HttpRequest<?> request, Session session, Form form) {
        var account = session.account();
        var password = Password.of(form.field("password"));
        var fault = password.fault(account.username());
        if (fault != null) {
            return page(request, session, fault).map(page -> page);
        }
        return proof.check(request, account.username(), Password.of(form.field("old")))
                .flatMap(_ -> passwords
                        .replace(account, password, true)
                        .then(Mono.defer(() -> Mono.zip(
                                sessions.begin(request, account, Session.PASSWORD, null),
                                proof.remember(request, account))))
                        .doOnNext(_ -> audit.info("user {} changed the password", account.id())))
                .<HttpResponse<byte[]>>map(
                        cookies -> saved(request).cookie(cookies.getT1()).cookie(cookies.getT2()))
                .switchIfEmpty(Mono.defer(
                        () -> page(request, session, "account.password.wrong").map(page -> page)));
    }

    private MutableHttpResponse<byte[]> saved(HttpRequest<?> request) {
        return pages.render(
                request, HttpStatus.OK, new NoticeView("account.password.saved", "/account", "account.title"));
    }

    private Mono<MutableHttpResponse<byte[]>> page(HttpRequest<?> request, Session session, @Nullable String error) {
        var account = session.account();
        return Mono.zip(passwords.hasPassword(account), links.of(account))
                .map(ways -> pages.render(request, HttpStatus.OK, view(session, ways.getT1(), ways.getT2(), error)));
    }

    private AccountView view(
            Session session, boolean hasPassword, List<AccountLinks.Connection> connections, @Nullable String error) {
        var account = session.account();
        boolean spare = hasPassword || connections.size() > 1;
        return new AccountView(
                account.username(),
                account.name(),
                account.email(),
                sessions.csrf(session),
                hasPassword,
                connections.stream()
                        .map(one -> new AccountView.Connected(
                                one.title(), one.since(), spare ? "/account/disconnect/" + one.provider() : null))
                        .toList(),
                federation.choices().stream()
                        .filter(choice -> connections.stream()
                                .noneMatch(one -> one.provider().equals(choice.name())))
                        .map(choice -> new AccountView.Connectable(choice.title(), "/account/connect/" + choice.name()))
                        .toList(),
                error);
    }
}
