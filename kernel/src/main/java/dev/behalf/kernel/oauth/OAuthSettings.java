package dev.behalf.kernel.oauth;

import dev.behalf.kernel.secret.Secret;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Value;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/// Which authorization server the service trusts, and as which client it speaks to it.
///
/// @param issuer       the `iss` of our own tokens, compared byte for byte: the public URL of the suite
/// @param server       where the authorization server is reached from here, without a trailing slash
/// @param clientId     the service's own client, by default its name
/// @param clientSecret the secret of that client; never printed
/// @param service      the service's name
@ConfigurationProperties("behalf.oauth")
public record OAuthSettings(
        String issuer,
        URI server,
        @Nullable String clientId,
        @Nullable String clientSecret,
        @Value("${behalf.service}") String service) {

    public OAuthSettings {
        // Paths are appended to both, and `iss` is compared byte for byte (RFC 8414 §2)
        plain("issuer", URI.create(issuer));
        plain("server", server);
    }

    /// The client that the service is at the authorization server.
    public String client() {
        return clientId == null ? service : clientId;
    }

    /// The secret, wrapped so that nothing prints it.
    ///
    /// @throws IllegalStateException when none is configured
    public Secret secret() {
        if (clientSecret == null || clientSecret.isBlank()) {
            throw new IllegalStateException("behalf.oauth.client-secret is required");
        }
        return Secret.of(clientSecret);
    }

    private static void plain(String name, URI url) {
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http
                || url.getHost() == null
                || url.getRawUserInfo() != null
                || url.getRawQuery() != null
                || url.getRawFragment() != null
                || url.getRawPath().endsWith("/")) {
            throw new IllegalArgumentException("behalf.oauth." + name
                    + " must be an http or https URL without user, query, fragment and final slash");
        }
    }

    @Override
    public String toString() {
        return "OAuthSettings[issuer=" + issuer + ", server=" + server + ", client=" + client() + "]";
    }
}
