package dev.behalf.authz.client;

import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
/// @param grantTypes        what it will use at the token endpoint; refresh tokens follow from `refresh_token`
///                          here
/// @param authMethod        `token_endpoint_auth_method`, the only one that it may use
/// @param scopes            asked for by default when a request names none: never a ceiling
/// @param keys              `jwks` as JSON, or null
/// @param keysUri           `jwks_uri`, or null
/// @param idTokenAlgorithm  `id_token_signed_response_alg`: one of [SigningKey#ALGORITHMS]
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
        @Nullable URI keysUri,
        JwsAlgorithm idTokenAlgorithm) {

    /// OpenID Connect Dynamic Client Registration §2.
    static final JwsAlgorithm DEFAULT_ID_TOKEN_ALGORITHM = JwsAlgorithm.RS256;

    public ClientMetadata {
        redirectUris = Set.copyOf(redirectUris);
        grantTypes = Set.copyOf(grantTypes);
        scopes = Set.copyOf(scopes);
    }

    /// Of the members that [MetadataRules] let through.
    static ClientMetadata of(Map<String, ?> json) {
        var redirectUris = texts(json.get("redirect_uris"));
        return new ClientMetadata(
                text(json, "client_name"),
                uri(json, "client_uri"),
                uri(json, "policy_uri"),
                uri(json, "tos_uri"),
                applicationType(json, redirectUris),
                redirectUris,
                texts(json.get("grant_types")),
                String.valueOf(json.get("token_endpoint_auth_method")),
                json.get("scope") instanceof String scope ? Scope.parse(scope) : Set.of(),
                json.get("jwks") instanceof Map<?, ?> jwks ? Json.text(jwks) : null,
                uri(json, "jwks_uri"),
                json.get(MetadataRules.ID_TOKEN_ALGORITHM) instanceof String algorithm
                        ? JwsAlgorithm.valueOf(algorithm)
                        : DEFAULT_ID_TOKEN_ALGORITHM);
    }

    /// Whether the client may be sent there: it registered that very URI. Only the port of a loopback address
    /// (`127.0.0.1`, `[::1]`, and `localhost`, which MCP clients use) may be another (RFC 8252 §7.3).
    public boolean accepts(String redirectUri) {
        return redirectUris.stream().anyMatch(registered -> RedirectUri.matches(registered, redirectUri));
    }

    /// One that says nothing is native when a program on the user's computer takes the answer.
    private static String applicationType(Map<String, ?> json, Set<String> redirectUris) {
        var said = text(json, "application_type");
        if (said != null) {
            return said;
        }
        return redirectUris.stream().anyMatch(RedirectUri::isNative) ? "native" : "web";
    }

    private static Set<String> texts(@Nullable Object value) {
        var texts = new LinkedHashSet<String>();
        if (value instanceof List<?> list) {
            list.forEach(item -> texts.add(String.valueOf(item)));
        }
        return texts;
    }

    private static @Nullable String text(Map<String, ?> json, String name) {
        return json.get(name) instanceof String text ? text : null;
    }

    private static @Nullable URI uri(Map<String, ?> json, String name) {
        return json.get(name) instanceof String text ? URI.create(text) : null;
    }
}
