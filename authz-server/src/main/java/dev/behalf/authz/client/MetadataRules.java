package dev.behalf.authz.client;

import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.outbound.OutboundPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a client may say of itself (RFC 7591 §2): members that are not known are left out, wrong ones refused,
/// missing ones get their default.
///
/// @param grantTypes    that such a client may use; it is not refused for naming others beside them, as RFC
///                      7591 §2 lets the server replace what it does not support
/// @param authMethods   with which it may authenticate
/// @param authMethod    the one when it names none
/// @param schemes       of redirect URIs to programs that do without the dot of RFC 8252 §7.1
/// @param outbound      where a `jwks_uri` may lead
record MetadataRules(
        Set<String> grantTypes,
        Set<String> authMethods,
        String authMethod,
        Set<String> schemes,
        OutboundPolicy outbound) {

    static final String CODE = "authorization_code";
    static final String REFRESH = "refresh_token";
    static final String CLIENT_CREDENTIALS = "client_credentials";
    static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
    static final String ID_TOKEN_ALGORITHM = "id_token_signed_response_alg";

    private static final int MAX_REDIRECT_URIS = 20;
    private static final int MAX_TEXT = 200;

    MetadataRules {
        grantTypes = Set.copyOf(grantTypes);
        authMethods = Set.copyOf(authMethods);
        schemes = Set.copyOf(schemes);
    }

    /// The members that count, in a form that [ClientMetadata#of] reads.
    ///
    /// @throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 §3.2.2)
    Map<String, Object> accept(Map<String, @Nullable Object> given) {
        var members = new Members(given);
        var accepted = new LinkedHashMap<String, Object>();
        members.text("client_name", MAX_TEXT * 5)
                .map(DisplayName::of)
                .filter(name -> !name.isEmpty())
                .ifPresent(name -> accepted.put("client_name", name));
        for (var name : List.of("client_uri", "logo_uri", "policy_uri", "tos_uri")) {
            members.url(name).ifPresent(url -> accepted.put(name, url));
        }
        for (var name : List.of("software_id", "software_version")) {
            members.text(name, MAX_TEXT).ifPresent(text -> accepted.put(name, text));
        }
        var contacts = members.texts("contacts", MAX_REDIRECT_URIS, MAX_TEXT);
        if (!contacts.isEmpty()) {
            accepted.put("contacts", List.copyOf(contacts));
        }
        var grants = grantTypes(members);
        accepted.put("grant_types", List.copyOf(grants));
        accepted.put("response_types", responseTypes(members, grants));
        applicationType(members, accepted);
        redirectUris(members, grants, accepted);
        scope(members, accepted);
        ClientKeySource.accept(members, outbound, accepted);
        idTokenAlgorithm(members, accepted);
        authMethod(members, accepted);
        return accepted;
    }

    private Set<String> grantTypes(Members members) {
        var asked = members.texts("grant_types", 50, MAX_TEXT);
        var grants = new LinkedHashSet<>(asked.isEmpty() ? Set.of(CODE) : asked);
        grants.retainAll(grantTypes);
        if (grants.isEmpty() || grants.equals(Set.of(REFRESH))) {
            throw invalid("grant_types names none that such a client can use");
        }
        return grants;
    }

    /// They follow from the grant types (RFC 7591 §2.1): whoever says otherwise would be surprised later.
    private static List<String> responseTypes(Members members, Set<String> grants) {
        var asked = members.texts("response_types", 50, MAX_TEXT);
        if (!grants.contains(CODE)) {
            return List.of();
        }
        if (!asked.isEmpty() && !asked.contains("code")) {
            throw invalid("response_types lacks code, the only one that is supported");
        }
        return List.of("code");
    }

    private static void applicationType(Members members, Map<String, Object> accepted) {
        members.text("application_type", MAX_TEXT).ifPresent(type -> {
            if (!type.equals("web") && !type.equals("native")) {
                throw invalid("application_type is neither web nor native");
            }
            accepted.put("application_type", type);
        });
    }

    private void redirectUris(Members members, Set<String> grants, Map<String, Object> accepted) {
        var uris = members.texts("redirect_uris", MAX_REDIRECT_URIS, Integer.MAX_VALUE);
        boolean nativeToo = !"web".equals(accepted.get("application_type"));
        uris.forEach(uri -> RedirectUri.check(uri, nativeToo, schemes));
        if (uris.isEmpty() && grants.contains(CODE)) {
            throw OAuthError.of("invalid_redirect_uri", "redirect_uris is required");
        }
        accepted.put("redirect_uris", List.copyOf(uris));
    }

    /// A default for requests that name no scope, never a ceiling; so unknown ones do no harm.
    private static void scope(Members members, Map<String, Object> accepted) {
        members.text("scope", 2_000).ifPresent(scope -> {
            // RFC 6749 §3.3
            if (!scope.matches("[\\x21\\x23-\\x5B\\x5D-\\x7E]+( +[\\x21\\x23-\\x5B\\x5D-\\x7E]+)*")) {
                throw invalid("scope is not a list of scopes");
            }
            accepted.put("scope", scope);
        });
    }

    /// OpenID Connect Dynamic Client Registration §2. Never `none`: nobody could tell such an ID token from any
    /// other text.
    private static void idTokenAlgorithm(Members members, Map<String, Object> accepted) {
        members.text(ID_TOKEN_ALGORITHM, MAX_TEXT).ifPresent(name -> {
            if (SigningKey.ALGORITHMS.stream().noneMatch(one -> one.name().equals(name))) {
                throw invalid(ID_TOKEN_ALGORITHM + " is none that ID tokens are signed with");
            }
            accepted.put(ID_TOKEN_ALGORITHM, name);
        });
    }

    private void authMethod(Members members, Map<String, Object> accepted) {
        var method = members.text("token_endpoint_auth_method", MAX_TEXT).orElse(authMethod);
        if (!authMethods.contains(method)) {
            throw invalid("token_endpoint_auth_method is none that such a client can use");
        }
        if (method.equals("private_key_jwt") && !accepted.containsKey("jwks") && !accepted.containsKey("jwks_uri")) {
            throw invalid("private_key_jwt needs jwks or jwks_uri");
        }
        accepted.put("token_endpoint_auth_method", method);
        if (method.equals("none") && list(accepted, "grant_types").contains(CLIENT_CREDENTIALS)) {
            throw invalid("client_credentials needs a client that authenticates"); // RFC 6749 §4.4
        }
    }

    private static List<?> list(Map<String, Object> json, String name) {
        return json.get(name) instanceof List<?> list ? list : new ArrayList<>();
    }

    static OAuthError invalid(String why) {
        return OAuthError.of("invalid_client_metadata", why);
    }
}
