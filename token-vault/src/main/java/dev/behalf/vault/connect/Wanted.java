package dev.behalf.vault.connect;

import dev.behalf.kernel.oauth.Scope;
import dev.behalf.vault.page.PageError;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.provider.ProviderId;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What brought a person to the page that connects accounts.
///
/// @param provider   its name
/// @param scopes     that the agent needs; empty: whatever there is
/// @param agent      the client id of the agent that wants to use the account; null: the person came by
///                   themselves
/// @param connection the account that is to be connected again; null: any, or a new one
record Wanted(
        ProviderId provider,
        Set<String> scopes,
        @Nullable String agent,
        @Nullable UUID connection) {

    private static final int MOST_SCOPES = 50;
    private static final int LONGEST_AGENT = 500;

    Wanted {
        scopes = Set.copyOf(scopes);
    }

    /// @throws PageError 404 when there can be no such provider, 400 when a parameter is malformed
    static Wanted of(HttpRequest<?> request, String provider) {
        var id = ProviderId.parse(provider).orElseThrow(() -> PageError.of(HttpStatus.NOT_FOUND, "error.no-provider"));
        var scopes = Scope.parse(one(request, "scopes"));
        var agent = one(request, "agent");
        if (scopes.size() > MOST_SCOPES || agent.length() > LONGEST_AGENT) {
            throw malformed();
        }
        return new Wanted(id, scopes, agent.isEmpty() ? null : agent, connection(one(request, "connection")));
    }

    private static @Nullable UUID connection(String text) {
        try {
            return text.isEmpty() ? null : UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
    }

    private static String one(HttpRequest<?> request, String name) {
        var all = request.getParameters().getAll(name);
        if (all.size() > 1) {
            throw malformed();
        }
        return all.isEmpty() ? "" : all.getFirst();
    }

    private static PageError malformed() {
        return PageError.of(HttpStatus.BAD_REQUEST, "error.request");
    }

    /// The page of it.
    String page() {
        return Site.connect(provider.name()) + query();
    }

    /// Where the decision about the agent is posted.
    String decision() {
        return Site.connect(provider.name()) + "/decision" + query();
    }

    private String query() {
        var query = new StringBuilder();
        if (agent != null) {
            query.append("&agent=").append(Site.encoded(agent));
        }
        if (!scopes.isEmpty()) {
            query.append("&scopes=").append(Site.encoded(String.join(" ", new TreeSet<>(scopes))));
        }
        if (connection != null) {
            query.append("&connection=").append(connection);
        }
        return query.isEmpty() ? "" : "?" + query.substring(1);
    }
}
