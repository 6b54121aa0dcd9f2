package dev.behalf.vault.page;

import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.page.OwnPages;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Where people's browsers are: the pages of the vault are below `/connections` at the issuer, as those of the
/// authorization server are.
@Singleton
public final class Site {

    /// The user's connections.
    public static final String CONNECTIONS = "/connections";

    private static final int LONGEST_PAGE = 1_200;
    private static final Pattern OWN_PAGE =
            Pattern.compile("/connections(/connect/[a-z][a-z0-9-]{0,62})?(\\?[!$-;=?-Z_a-z~]*)?");

    private final String issuer;
    private final OwnPages ownPages;

    Site(OAuthSettings settings) {
        this.issuer = settings.issuer();
        this.ownPages = new OwnPages(URI.create(issuer));
    }

    /// The whole URL of a path of the suite, such as [#CONNECTIONS].
    public String url(String path) {
        return issuer + path;
    }

    /// Whether nothing in the request says that a form comes from another site.
    public boolean sent(HttpRequest<?> request) {
        return ownPages.sent(request);
    }

    /// The page that was asked for, if it is one that people can come back to after signing in; otherwise that
    /// of their connections, so that no link leads away from here.
    public static String toComeBackTo(String page) {
        return page.length() <= LONGEST_PAGE && OWN_PAGE.matcher(page).matches() ? page : CONNECTIONS;
    }

    /// The page at which a user connects an account of that provider.
    public static String connect(String provider) {
        return CONNECTIONS + "/connect/" + encoded(provider);
    }

    /// The same, with these scopes, for that agent, which is then asked about.
    public static String connect(String provider, Set<String> scopes, String agent) {
        return connect(provider) + "?agent=" + encoded(agent)
                + (scopes.isEmpty() ? "" : "&scopes=" + encoded(String.join(" ", new TreeSet<>(scopes))));
    }

    /// As the value of a parameter.
    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
