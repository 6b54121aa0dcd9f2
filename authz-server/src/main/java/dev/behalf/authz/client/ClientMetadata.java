package dev.behalf.authz.client;

import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a client says of itself (RFC 7591 §2). Nothing here is proved but what [Client#origin] proves.
///
/// @param name              `client_name`, plain text without control characters
/// @param uri               `client_uri`: its home page
/// @param policyUri         `policy_uri`
/// @param termsUri          `tos_uri`
/// @param applicationType   `web` or `native`: the latter may redirect to loopback or to a scheme of its own
/// @param redirectUris      compared as text, but for the port of a loopback address (RFC 8252 §7.3)
/// @param grantTypes        what it will use at the token endpoint; refresh tokens follow from `refresh_token` here
/// @param authMethod        `token_endpoint_auth_method`, the only one that it may use
/// @param scopes            asked for by default when a request names none: never a ceiling
/// @param keys              `jwks` as JSON, or null
/// @param keysUri           `jwks_uri`, or null
public record ClientMetadata(
        @Nullable String name,
        @Nullable URI uri,
        @Nullable URI policyUri,
        @Nullable URI termsUri,
        String applicationType,
        Set<String> redirectUris,
        Set<String> grantTypes,
        String authMethod,
        Set<String> scopes,
        @Nullable String keys,
        @Nullable URI keysUri) {

    public ClientMetadata {
        redirectUris = Set.copyOf(redirectUris);
        grantTypes = Set.copyOf(grantTypes);
        scopes = Set.copyOf(scopes);
    }
}
