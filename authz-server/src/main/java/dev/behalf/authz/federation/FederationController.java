package dev.behalf.authz.federation;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.network.Allowances;
import dev.behalf.authz.network.Network;
import dev.behalf.authz.page.NoticeView;
import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.PagePath;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.session.Browser;
import dev.behalf.authz.session.Session;
import dev.behalf.authz.session.Sessions;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.page.PageHeaders;
import io.micronaut.http.HttpParameters;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/login/with/{provider}` sends the browser to the provider, `/login/callback/{provider}` is where it comes
/// back.
@Controller("/login")
final class FederationController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");
    private static final int MAX_ANSWER = 4096;

    /// Sign-ins that one network may begin at once, and how long until one more: each is kept until it expires.
    private static final int BURST = 60;

    private static final Duration EVERY = Duration.ofSeconds(2);

    private final Federation federation;
    private final AccountLinks links;
    private final Sessions sessions;
    private final Browser browser;
    private final Pages pages;
    private final Allowances begun;

    FederationController(
            Federation federation, AccountLinks links, Sessions sessions, Browser browser, Pages pages, Clock clock) {
        this.federation = federation;
        this.links = links;
        this.sessions = sessions;
        this.browser = browser;
        this.pages = pages;
        this.begun = new Allowances(BURST, EVERY, clock);
    }

    @Post(value = "/with/{provider}", produces = "text/html", consumes = "*/*")
    @Unprotected("the form has a token of its own")
    Mono<HttpResponse<byte[]>> begin(HttpRequest<byte[]> request, String provider) {
        return pages.orError(request, Mono.defer(() -> {
            var secret = browser.sender(request, Form.of(request).field("csrf"))
                    .orElseThrow(() -> PageError.of(HttpStatus.FORBIDDEN, "sign-in.stale"));
            begun.take(Network.of(request).name()).ifPresent(wait -> {
                throw PageError.tooMany(wait.toSeconds());
            });
            var query = request.getParameters();
            var page =
                    query.getFirst("continue").flatMap(PagePath::toComeBackTo).orElse("/account");
            boolean again = query.getFirst("again").isPresent();
            return federation.begin(provider, secret, page, again, null).map(FederationController::goTo);
        }));
    }

    @Get(value = "/callback/{provider}", produces = "text/html")
    @Unprotected("who comes here is not signed in yet")
    Mono<HttpResponse<byte[]>> complete(HttpRequest<?> request, String provider) {
        return pages.orError(request, Mono.defer(() -> {
            var secret = browser.of(request);
            return federation
                    .complete(provider, secret, answer(request.getParameters()))
                    .flatMap(proved -> {
                        var connectTo = proved.signIn().connectTo();
                        return connectTo == null ? signIn(request, proved) : connect(request, proved, connectTo);
                    });
        }));
    }

    private Mono<HttpResponse<byte[]>> signIn(HttpRequest<?> request, Federation.Proved proved) {
        return links.standing(proved).flatMap(standing -> switch (standing) {
            case AccountLinks.Standing.Known(var account) -> signedIn(request, proved.signIn(), account);
            case AccountLinks.Standing.NameTaken _ ->
                Mono.just(pages.render(
                        request, HttpStatus.CONFLICT, new NoticeView("notice.taken", "/login", "notice.sign-in")));
            case AccountLinks.Standing.Unwelcome _ ->
                Mono.error(() -> PageError.of(HttpStatus.FORBIDDEN, "error.federation.refused"));
        });
    }

    private Mono<HttpResponse<byte[]>> signedIn(HttpRequest<?> request, FederatedSignIn signIn, Account account) {
        return sessions.begin(request, account, Session.FEDERATED, signIn.page())
                .doOnNext(_ -> audit.info("user {} signed in through {}", account.id(), signIn.provider()))
                .map(cookie -> goTo(URI.create(signIn.page())).cookie(cookie));
    }

    /// Only who is signed in to the account still, in the same browser.
    private Mono<HttpResponse<byte[]>> connect(HttpRequest<?> request, Federation.Proved proved, String accountId) {
        return sessions.of(request)
                .filter(session -> session.account().id().equals(accountId))
                .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.FORBIDDEN, "error.federation")))
                .flatMap(session -> links.connect(proved, session.account()))
                .filter(ours -> ours)
                .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.CONFLICT, "error.federation.other")))
                .doOnNext(_ -> audit.info(
                        "user {} connected {}", accountId, proved.signIn().provider()))
                .map(_ -> goTo(URI.create("/account")));
    }

    /// An error of the provider (RFC 6749 §4.1.2.1) is an answer without a code; what it says is shown to
    /// nobody.
    private static Federation.Answer answer(HttpParameters query) {
        var state = query.getFirst("state").orElse("");
        if (!state.matches("[A-Za-z0-9_-]{43}") || query.getAll("state").size() != 1) {
            throw PageError.of(HttpStatus.BAD_REQUEST, "error.federation");
        }
        return new Federation.Answer(state, single(query, "code"), single(query, "iss"));
    }

    private static @Nullable String single(HttpParameters query, String name) {
        var all = query.getAll(name);
        if (all.size() > 1 || (all.size() == 1 && all.getFirst().length() > MAX_ANSWER)) {
            throw PageError.of(HttpStatus.BAD_REQUEST, "error.federation");
        }
        return all.isEmpty() ? null : all.getFirst();
    }

    private static io.micronaut.http.MutableHttpResponse<byte[]> goTo(URI page) {
        return PageHeaders.discreet(HttpResponse.seeOther(page));
    }
}
