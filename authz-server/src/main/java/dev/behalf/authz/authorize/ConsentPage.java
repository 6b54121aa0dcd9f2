package dev.behalf.authz.authorize;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.grant.Consent;
import dev.behalf.authz.grant.GrantSettings;
import dev.behalf.authz.page.ConsentView;
import dev.behalf.authz.page.Pages;
import dev.behalf.authz.scope.Resource;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.authz.session.Session;
import dev.behalf.authz.session.Sessions;
import dev.behalf.kernel.page.Languages;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The page that asks the person.
@Singleton
final class ConsentPage {

    /// Where the answer is posted, with the query of the authorization request.
    static final String PATH = "/oauth/authorize/decision";

    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");

    private final Pages pages;
    private final Languages languages;
    private final Sessions sessions;
    private final ScopeCatalogue scopes;
    private final GrantSettings settings;

    ConsentPage(Pages pages, Languages languages, Sessions sessions, ScopeCatalogue scopes, GrantSettings settings) {
        this.pages = pages;
        this.languages = languages;
        this.sessions = sessions;
        this.scopes = scopes;
        this.settings = settings;
    }

    /// @param allowed what the person allows the agent already, by resource
    HttpResponse<byte[]> ask(
            HttpRequest<?> http, AuthorizationRequest request, Session session, Map<String, Consent> allowed) {
        var client = request.client();
        var language = languages.of(http);
        var choices = new TreeSet<>(request.scopes())
                .stream()
                        .map(name -> {
                            var scope = scopes.describe(name);
                            boolean granted = request.resourceUris().stream().allMatch(resource -> {
                                var consent = allowed.get(resource);
                                return consent != null && consent.scopes().contains(name);
                            });
                            return new ConsentView.ScopeChoice(
                                    name,
                                    scope.title(language),
                                    scope.description(language),
                                    granted,
                                    isOptional(name, request.scopes()));
                        })
                        .toList();
        var target = URI.create(request.redirectUri());
        return pages.render(
                http,
                HttpStatus.OK,
                new ConsentView(
                        PATH + "?" + http.getUri().getRawQuery(),
                        sessions.csrf(session),
                        session.account().username(),
                        name(client),
                        host(client),
                        isAnonymous(client),
                        target.getHost() == null ? target.getScheme() + ":" : target.getAuthority(),
                        isLoopback(target),
                        request.actor().equals(client.id()) ? null : request.actor(),
                        request.resources().stream().map(Resource::title).toList(),
                        choices,
                        ConsentForm.lifetimes(settings.lifetime())));
    }

    /// A client can do with less than it asked for; but not without being told who the person is, if it asked
    /// that.
    static boolean isOptional(String scope, Set<String> asked) {
        return asked.size() > 1 && !scope.equals(ScopeCatalogue.OPENID);
    }

    /// The name that the client gives itself, or else its id.
    static String name(Client client) {
        var name = client.metadata().name();
        return name == null || name.isBlank() ? client.id() : name;
    }

    /// The host that proved to stand behind the client: that of its metadata document.
    static @Nullable String host(Client client) {
        return client.origin() == Client.Origin.METADATA_DOCUMENT
                ? URI.create(client.id()).getHost()
                : null;
    }

    /// Whether nobody knows who the client is.
    static boolean isAnonymous(Client client) {
        return client.origin() == Client.Origin.REGISTERED;
    }

    /// Whether any program on the person's computer could take the answer.
    static boolean isLoopback(URI target) {
        return target.getHost() != null && LOOPBACK.contains(target.getHost());
    }
}
