package dev.behalf.vault.account;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.vault.agent.Agents;
import dev.behalf.vault.allowance.Allowance;
import dev.behalf.vault.allowance.Allowances;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.page.AllowView;
import dev.behalf.vault.page.DisconnectView;
import dev.behalf.vault.page.NoticeView;
import dev.behalf.vault.page.PageError;
import dev.behalf.vault.page.Pages;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.session.Session;
import dev.behalf.vault.session.Sessions;
import dev.behalf.vault.signin.SignIn;
import dev.behalf.vault.upstream.RevocationOutcome;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/connections`: the page on which people see their connections, end them, and say which agents may use them.
@Controller(Site.CONNECTIONS)
final class AccountPageController {

    private static final String ACCOUNTS = Site.CONNECTIONS + "/accounts/";

    private final Overview overview;
    private final OwnConnections own;
    private final Allowances allowances;
    private final Catalogue catalogue;
    private final Agents agents;
    private final Sessions sessions;
    private final SignIn signIn;
    private final Pages pages;
    private final Clock clock;

    AccountPageController(
            Overview overview,
            OwnConnections own,
            Allowances allowances,
            Catalogue catalogue,
            Agents agents,
            Sessions sessions,
            SignIn signIn,
            Pages pages,
            Clock clock) {
        this.overview = overview;
        this.own = own;
        this.allowances = allowances;
        this.catalogue = catalogue;
        this.agents = agents;
        this.sessions = sessions;
        this.signIn = signIn;
        this.pages = pages;
        this.clock = clock;
    }

    /// The page at which it is changed for how long an agent may use an account.
    static String agentPage(String connection, String agent) {
        return ACCOUNTS + connection + "/agent?agent=" + Site.encoded(agent);
    }

    @Get(produces = "text/html")
    @Unprotected("the session proves the person")
    Mono<HttpResponse<byte[]>> list(HttpRequest<?> request) {
        return shown(request, session -> overview.of(session).map(view -> pages.render(request, HttpStatus.OK, view)));
    }

    @Get(value = "/accounts/{id}/disconnect", produces = "text/html")
    @Unprotected("the session proves the person")
    Mono<HttpResponse<byte[]>> askToDisconnect(HttpRequest<?> request, String id) {
        return shown(
                request,
                session -> own(session, id)
                        .zipWhen(connection -> Mono.zip(
                                provider(connection),
                                allowances
                                        .ofConnection(connection.id())
                                        .concatMap(allowance -> agents.named(allowance.agent()))
                                        .collectList()))
                        .map(found -> pages.render(
                                request,
                                HttpStatus.OK,
                                new DisconnectView(
                                        ACCOUNTS + id + "/disconnect",
                                        session.csrf(),
                                        session.username(),
                                        title(found.getT2().getT1(), found.getT1()),
                                        OwnConnections.title(found.getT1()),
                                        found.getT2().getT2(),
                                        found.getT2()
                                                .getT1()
                                                .filter(provider -> provider instanceof OAuthProvider oauth
                                                        && found.getT1()
                                                                .issuance()
                                                                .mayRevokeAt(oauth))
                                                .isPresent()))));
    }

    @Post(value = "/accounts/{id}/disconnect", produces = "text/html", consumes = "*/*")
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> disconnect(HttpRequest<byte[]> request, String id) {
        return changed(
                request,
                (session, _) -> own(session, id)
                        .zipWhen(this::provider)
                        .flatMap(found -> own.disconnect(found.getT1(), null)
                                .map(outcome -> pages.render(
                                        request,
                                        HttpStatus.OK,
                                        new NoticeView(
                                                text(outcome),
                                                List.of(title(found.getT2(), found.getT1())),
                                                true,
                                                Site.CONNECTIONS,
                                                NoticeView.TO_CONNECTIONS)))));
    }

    private static String text(RevocationOutcome outcome) {
        return switch (outcome) {
            case RevocationOutcome.Revoked() -> "notice.disconnected";
            case RevocationOutcome.NotSupported() -> "notice.disconnected-here";
            case RevocationOutcome.Failed _ -> "notice.not-revoked";
        };
    }

    @Get(value = "/accounts/{id}/agent", produces = "text/html")
    @Unprotected("the session proves the person")
    Mono<HttpResponse<byte[]>> askAboutAgent(HttpRequest<?> request, String id) {
        return shown(
                request,
                session -> own(session, id)
                        .zipWhen(connection -> allowance(request, connection))
                        .flatMap(found -> Mono.zip(agents.named(found.getT2().agent()), provider(found.getT1()))
                                .map(more -> pages.render(
                                        request,
                                        HttpStatus.OK,
                                        new AllowView(
                                                agentPage(id, found.getT2().agent()),
                                                session.csrf(),
                                                session.username(),
                                                title(more.getT2(), found.getT1()),
                                                more.getT1(),
                                                List.of(account(found.getT1())),
                                                Lifetimes.ALL,
                                                found.getT2().givenAt(),
                                                found.getT2().until())))));
    }

    @Post(value = "/accounts/{id}/agent", produces = "text/html", consumes = "*/*")
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> change(HttpRequest<byte[]> request, String id) {
        return changed(
                request,
                (session, form) -> own(session, id)
                        .zipWhen(connection -> allowance(request, connection))
                        .flatMap(found -> change(found.getT1(), found.getT2(), form))
                        .then(Mono.fromSupplier(() -> Pages.goTo(Site.CONNECTIONS))));
    }

    private Mono<Void> change(Connection connection, Allowance allowance, Form form) {
        return switch (form.field("decision")) {
            case "allow" -> {
                var shown = account(connection);
                if (!form.field(shown.field()).equals(shown.text())) { // the account can do more by now
                    throw PageError.of(
                            HttpStatus.CONFLICT,
                            "error.can-do-more",
                            agentPage(connection.id().toString(), allowance.agent()));
                }
                var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
                yield own.allow(
                        connection,
                        new Allowance(
                                connection.id(),
                                allowance.agent(),
                                scopes(connection, allowance),
                                now,
                                Lifetimes.until(form.field("lifetime"), now)));
            }
            case "deny" -> own.forbid(connection, allowance.agent()).then();
            default -> throw PageError.of(HttpStatus.BAD_REQUEST, "error.request");
        };
    }

    private static AllowView.Account account(Connection connection) {
        return new AllowView.Account(
                connection.id().toString(),
                OwnConnections.title(connection),
                List.copyOf(new TreeSet<>(connection.scopes())));
    }

    /// What the page showed, and by which other names the agent asked for it.
    private static @Nullable Set<String> scopes(Connection connection, Allowance allowance) {
        var before = allowance.scopes();
        if (before == null) {
            return null;
        }
        var scopes = new LinkedHashSet<>(before);
        scopes.addAll(connection.scopes());
        return scopes;
    }

    private Mono<Allowance> allowance(HttpRequest<?> request, Connection connection) {
        return allowances
                .find(connection.id(), request.getParameters().getFirst("agent").orElse(""))
                .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.NOT_FOUND, "error.no-allowance")));
    }

    private Mono<Connection> own(Session session, String id) {
        return own.find(session.subject(), id)
                .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.NOT_FOUND, "error.no-connection")));
    }

    private Mono<Optional<Provider>> provider(Connection connection) {
        return catalogue
                .find(new ProviderId(connection.provider()))
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
    }

    private static String title(Optional<Provider> provider, Connection connection) {
        return provider.map(Provider::displayName).orElse(connection.provider());
    }

    /// A page for whoever is signed in; others are sent to sign in, and back.
    private Mono<HttpResponse<byte[]>> shown(
            HttpRequest<?> request, Function<Session, Mono<? extends HttpResponse<byte[]>>> page) {
        return pages.orError(
                request,
                sessions.of(request)
                        .<HttpResponse<byte[]>>flatMap(page)
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, Site.CONNECTIONS))));
    }

    /// What a form of ours changes.
    private Mono<HttpResponse<byte[]>> changed(
            HttpRequest<byte[]> request, BiFunction<Session, Form, Mono<? extends HttpResponse<byte[]>>> change) {
        return pages.orError(
                request,
                Mono.fromSupplier(() -> Form.of(request))
                        .flatMap(form -> sessions.sender(request, form)
                                .<HttpResponse<byte[]>>flatMap(session -> change.apply(session, form)))
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, Site.CONNECTIONS))));
    }
}
