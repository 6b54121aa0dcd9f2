package dev.behalf.authz.token;

import jakarta.inject.Singleton;
import java.util.List;

/// What the token endpoint can do, for discovery.
@Singleton
public final class TokenEndpointMetadata {

    private final List<String> grantTypes;
    private final List<String> authMethods;

    TokenEndpointMetadata(List<Grant> grants, List<ClientAuthentication> authentications) {
        this.grantTypes = grants.stream().map(Grant::type).toList();
        this.authMethods =
                authentications.stream().map(ClientAuthentication::method).toList();
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
