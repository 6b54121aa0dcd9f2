package dev.behalf.authz.grant;

import dev.behalf.authz.login.SignIn;
import dev.behalf.authz.page.AgentsView;
import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.authz.session.Session;
import dev.behalf.authz.session.Sessions;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.page.Languages;
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
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/account/agents`: the page on which people see who acts for them, and end it.
@Controller("/account/agents")
@Produces(MediaType.TEXT_HTML)
final class AgentsController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");
    private static final String PATH = "/account/agents";

    private final Sessions sessions;
    private final SignIn signIn;
    private final Consents consents;
    private final ScopeCatalogue scopes;
    private final Languages languages;
    private final Pages pages;

    AgentsController(
            Sessions sessions,
            SignIn signIn,
            Consents consents,
            ScopeCatalogue scopes,
            Languages languages,
            Pages pages) {
        this.sessions = sessions;
        this.signIn = signIn;
        this.consents = consents;
        this.scopes = scopes;
        this.languages = languages;
        this.pages = pages;
    }

    @Get
    @Unprotected("the session proves the person")
    Mono<HttpResponse<byte[]>> list(HttpRequest<?> http) {
        return pages.orError(
                http,
                sessions.of(http)
                        .flatMap(session -> consents.of(session.account().id())
                                .<HttpResponse<byte[]>>map(all ->
                                        pages.render(http, HttpStatus.OK, view(session, all, languages.of(http)))))
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(PATH, null, false))));
    }

    @Post("/{id}/revoke")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> revoke(HttpRequest<byte[]> http, String id) {
        return pages.orError(
                http,
                sessions.of(http)
                        .flatMap(session -> {
                            if (!sessions.isOwnForm(http, session, Form.of(http).field("csrf"))) {
                                throw PageError.of(HttpStatus.FORBIDDEN, "error.foreign-form");
                            }
                            return consents.revoke(id, session.account().id())
                                    .doOnNext(consent -> audit.info(
                                            "consent {} to {} revoked by {}",
                                            id,
                                            consent.clientId(),
                                            session.account().id()))
                                    .then(Mono.fromSupplier(AgentsController::back));
                        })
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(PATH, null, false))));
    }

    /// Back to the list, whether it was there or somebody had ended it already.
    private static HttpResponse<byte[]> back() {
        return HttpResponse.<byte[]>status(HttpStatus.SEE_OTHER).header(HttpHeaders.LOCATION, PATH);
    }

    private AgentsView view(Session session, List<ConsentTable.Use> all, Locale language) {
        return new AgentsView(
                session.account().username(),
                sessions.csrf(session),
                all.stream().map(use -> agent(use, language)).toList());
    }

    private AgentsView.Agent agent(ConsentTable.Use use, Locale language) {
        var consent = use.consent();
        return new AgentsView.Agent(
                consent.id(),
                consent.clientName(),
                consent.clientHost(),
                consent.anonymous(),
                consent.scopes().stream()
                        .sorted()
                        .map(name -> scopes.describe(name).title(language))
                        .toList(),
                List.of(consent.resource()),
                consent.createdAt(),
                use.lastUsed(),
                consent.expiresAt(),
                use.delegates());
    }
}
