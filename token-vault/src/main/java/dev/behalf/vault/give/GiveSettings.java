package dev.behalf.vault.give;

import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/// Where people mend what stands in the way of their agents.
///
/// @param publicUrl where browsers reach the vault's pages, without a trailing slash
@Singleton
record GiveSettings(
        @Value("${behalf.vault.public-url:`http://localhost:8080`}")
        String publicUrl) {

    /// The page at which a user connects an account of that provider, with these scopes, for that agent.
    URI connectPage(String provider, Set<String> scopes, String agent) {
        return URI.create(publicUrl + "/connections/connect/" + encoded(provider) + "?agent=" + encoded(agent)
                + (scopes.isEmpty() ? "" : "&scopes=" + encoded(String.join(" ", new TreeSet<>(scopes)))));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
