package dev.behalf.authz.scope;

import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.TreeSet;

/// The token vault as a resource (RFC 8707): [Audience#TOKEN_VAULT]. It is a part of the suite, so that a
/// person's token for the suite, or for the vault's paths below it, can be narrowed to one for the vault.
@Singleton
public final class VaultResource {

    /// What a person's token may say there; whatever else it says stays outside.
    private static final Set<String> SCOPES =
            Set.of(Scope.CONNECTIONS_READ, Scope.CONNECTIONS_USE, Scope.CONNECTIONS_MANAGE);

    private static final String PATH = "/api/v1/connections";

    private final String issuer;

    VaultResource(OAuthSettings settings) {
        this.issuer = settings.issuer();
    }

    /// Whether a token for that resource is one for the vault too.
    public boolean isPartOf(String resource) {
        return resource.equals(Audience.TOKEN_VAULT)
                || resource.equals(issuer)
                || resource.equals(issuer + "/")
                || resource.equals(issuer + PATH);
    }

    /// Those of the scopes that mean something there.
    public Set<String> scopes(Set<String> held) {
        var scopes = new TreeSet<>(held);
        scopes.retainAll(SCOPES);
        return scopes;
    }
}
