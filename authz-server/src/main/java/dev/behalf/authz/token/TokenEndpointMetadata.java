package dev.behalf.authz.token;

import dev.behalf.authz.client.authentication.ClientAuthenticator;
import jakarta.inject.Singleton;
import java.util.List;

/// What the token endpoint can do, for discovery.
@Singleton
public final class TokenEndpointMetadata {

    private final List<String> grantTypes;
    private final List<String> authMethods;

    TokenEndpointMetadata(List<GrantType> grants, ClientAuthenticator clients) {
        this.grantTypes = grants.stream().map(GrantType::type).toList();
        this.authMethods = clients.methods();
    }

    /// `grant_types_supported`.
    public List<String> grantTypes() {
        return grantTypes;
    }

    /// `token_endpoint_auth_methods_supported`.
    public List<String> authMethods() {
        return authMethods;
    }
}
