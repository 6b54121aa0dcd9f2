package dev.behalf.vault.leaving;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Form;
import dev.behalf.vault.account.OwnConnections;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.page.DisconnectAllView;
import dev.behalf.vault.page.NoticeView;
import dev.behalf.vault.page.Pages;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.session.Session;
import dev.behalf.vault.session.Sessions;
import dev.behalf.vault.signin.SignIn;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import reactor.core.publisher.Mono;

/// `/connections/disconnect`: the page on which people end all of their connections.
@Controller(DisconnectAllView.PAGE)
final class LeavingPageController {

    private static final int MOST_SHOWN = 100;

    private final Leaving leaving;
    private final Connections connections;
    private final Catalogue catalogue;
    private final Sessions sessions;
    private final SignIn signIn;
    private final Pages pages;

    LeavingPageController(
            Leaving leaving,
            Connections connections,
            Catalogue catalogue,
            Sessions sessions,
            SignIn signIn,
            Pages pages) {
        this.leaving = leaving;
        this.connections = connections;
        this.catalogue = catalogue;
        this.sessions = sessions;
        this.signIn = signIn;
        this.pages = pages;
    }

    @Get(produces = "text/html")
    @Unprotected("the session proves the person")
    Mono<HttpResponse<byte[]>> ask(HttpRequest<?> request) {
        return pages.orError(
                request,
                sessions.of(request)
                        .<HttpResponse<byte[]>>flatMap(session -> ask(request, session))
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, Site.CONNECTIONS))));
    }

    private Mono<HttpResponse<byte[]>> ask(HttpRequest<?> request, Session session) {
        return names().flatMap(names -> connections
                        .ofOwner(session.subject(), MOST_SHOWN)
                        .map(connection -> name(names, connection.provider()) + ": " + OwnConnections.title(connection))
                        .collectList())
                .map(accounts -> accounts.isEmpty()
                        ? Pages.goTo(Site.CONNECTIONS)
                        : pages.render(
                                request,
                                HttpStatus.OK,
                                new DisconnectAllView(session.csrf(), session.username(), accounts)));
    }

    /// The browser that asks for it stays signed in.
    @Post(produces = "text/html", consumes = "*/*")
    @Unprotected("the session and its form prove the person")
    Mono<HttpResponse<byte[]>> end(HttpRequest<byte[]> request) {
        return pages.orError(
                request,
                Mono.fromSupplier(() -> Form.of(request))
                        .flatMap(form -> sessions.sender(request, form))
                        .<HttpResponse<byte[]>>flatMap(session -> leaving.end(
                                        session.subject(), null, sessions.endOthers(request, session.subject()))
                                .zipWith(names())
                                .map(done -> pages.render(request, HttpStatus.OK, notice(done.getT1(), done.getT2()))))
                        .switchIfEmpty(Mono.fromSupplier(() -> signIn.redirect(request, Site.CONNECTIONS))));
    }

    private static NoticeView notice(Left left, Map<String, String> names) {
        if (left.left() > 0) {
            return new NoticeView("notice.some-left", List.of(), false, DisconnectAllView.PAGE, "go.again");
        }
        var notRevoked = new TreeSet<String>();
        left.notRevoked().forEach(provider -> notRevoked.add(name(names, provider)));
        return notRevoked.isEmpty()
                ? new NoticeView(
                        "notice.all-disconnected", List.of(), true, Site.CONNECTIONS, NoticeView.TO_CONNECTIONS)
                : new NoticeView(
                        "notice.all-not-revoked",
                        List.of(String.join(", ", notRevoked)),
                        true,
                        Site.CONNECTIONS,
                        NoticeView.TO_CONNECTIONS);
    }

    private static String name(Map<String, String> names, String provider) {
        return names.getOrDefault(provider, provider);
    }

    /// What providers are called, by their names.
    private Mono<Map<String, String>> names() {
        return catalogue.all().collectMap(provider -> provider.id().name(), Provider::displayName);
    }
}
