package dev.behalf.authz.discovery;

import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.authz.token.TokenEndpointMetadata;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.OAuthSettings;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What works here, for those who discover it; and nothing that does not.
@Singleton
final class Metadata {

    private final String issuer;
    private final Map<String, Object> server;
    private final Map<String, Object> provider;
    private final Map<String, Object> resource;
    private final Map<String, Object> publisher;

    Metadata(
            OAuthSettings settings,
            TokenEndpointMetadata token,
            ScopeCatalogue scopes,
            @Nullable @Value("${behalf.authz.publisher.id:}") String publisherId,
            @Nullable @Value("${behalf.authz.publisher.name:}") String publisherName) {
        this.issuer = settings.issuer();
        this.server = server(token, scopes);
        this.provider = new LinkedHashMap<>(server);
        // OpenID Connect Discovery §3
        provider.put("userinfo_endpoint", issuer + "/oauth/userinfo");
        provider.put("subject_types_supported", List.of("public"));
        provider.put(
                "id_token_signing_alg_values_supported", List.of("RS256", "ES256", "EdDSA")); // RS256 is the default
        provider.put(
                "claims_supported",
                List.of(
                        "sub",
                        "iss",
                        "aud",
                        "exp",
                        "iat",
                        "auth_time",
                        "nonce",
                        "name",
                        "preferred_username",
                        "email",
                        "email_verified"));
        provider.put("prompt_values_supported", List.of("none", "login", "consent", "select_account"));
        provider.put("claims_parameter_supported", false);
        provider.put("request_parameter_supported", false);
        provider.put("request_uri_parameter_supported", false);
        this.resource = new LinkedHashMap<>();
        resource.put("resource", issuer);
        resource.put("authorization_servers", List.of(issuer));
        resource.put("scopes_supported", scopes.names().stream().sorted().toList());
        resource.put("bearer_methods_supported", List.of("header"));
        this.publisher = new LinkedHashMap<>();
        publisher.put("ucap_version", "1.1.0");
        publisher.put("publisher_id", orElse(publisherId, URI.create(issuer).getHost()));
        publisher.put("publisher_name", orElse(publisherName, "Behalf"));
        publisher.put("ucap_server", issuer);
    }

    /// RFC 8414 §2.
    private Map<String, Object> server(TokenEndpointMetadata token, ScopeCatalogue scopes) {
        var json = new LinkedHashMap<String, Object>();
        json.put("issuer", issuer);
        json.put("authorization_endpoint", issuer + "/oauth/authorize");
        json.put("token_endpoint", issuer + "/oauth/token");
        json.put("jwks_uri", issuer + "/jwks");
        json.put("registration_endpoint", issuer + "/oauth/register");
        json.put("revocation_endpoint", issuer + "/oauth/revoke");
        json.put("introspection_endpoint", issuer + "/oauth/introspect");
        json.put("pushed_authorization_request_endpoint", issuer + "/oauth/par");
        json.put("scopes_supported", scopes.names().stream().sorted().toList());
        json.put("response_types_supported", List.of("code"));
        json.put("response_modes_supported", List.of("query"));
        json.put("grant_types_supported", token.grantTypes());
        json.put("code_challenge_methods_supported", List.of("S256"));
        json.put("token_endpoint_auth_methods_supported", token.authMethods());
        json.put("token_endpoint_auth_signing_alg_values_supported", algorithms());
        json.put("revocation_endpoint_auth_methods_supported", token.authMethods());
        json.put(
                "introspection_endpoint_auth_methods_supported",
                token.authMethods().stream()
                        .filter(method -> !method.equals("none"))
                        .toList());
        json.put("authorization_response_iss_parameter_supported", true);
        json.put("client_id_metadata_document_supported", true);
        json.put("ui_locales_supported", List.of("en", "de", "fr", "es"));
        return json;
    }

    private static List<String> algorithms() {
        return SigningKey.ALGORITHMS.stream().map(Enum::name).toList();
    }

    /// The path of the issuer, without a final slash; empty when it has none.
    String issuerPath() {
        return URI.create(issuer).getRawPath();
    }

    byte[] server() {
        return Json.write(server);
    }

    byte[] provider() {
        return Json.write(provider);
    }

    byte[] resource() {
        return Json.write(resource);
    }

    byte[] publisher() {
        return Json.write(publisher);
    }

    private static String orElse(@Nullable String text, String other) {
        return text == null || text.isBlank() ? other : text;
    }
}
