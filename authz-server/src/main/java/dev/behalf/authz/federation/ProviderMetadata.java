package dev.behalf.authz.federation;

import dev.behalf.kernel.outbound.HttpCallFailed;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a provider says of itself (OpenID Connect Discovery §3), as far as it is used. Its keys are not: those are at
/// the address that it was registered with.
///
/// @param namesIssuer its authorization responses name it in `iss` (RFC 9207)
/// @param post        our secret goes into the form, since it does not take Basic
record ProviderMetadata(URI authorizationEndpoint, URI tokenEndpoint, boolean namesIssuer, boolean post) {

    /// @throws HttpCallFailed when it is of another issuer, or names no endpoints
    static ProviderMetadata read(Map<String, @Nullable Object> json, String issuer) {
        if (!issuer.equals(json.get("issuer"))) {
            throw new HttpCallFailed("the provider's metadata is of another issuer");
        }
        var methods = json.get("token_endpoint_auth_methods_supported") instanceof List<?> list ? list : List.of();
        return new ProviderMetadata(
                endpoint(json.get("authorization_endpoint")),
                endpoint(json.get("token_endpoint")),
                Boolean.TRUE.equals(json.get("authorization_response_iss_parameter_supported")),
                !methods.isEmpty() && !methods.contains("client_secret_basic"));
    }

    private static URI endpoint(@Nullable Object value) {
        try {
            if (value instanceof String text && URI.create(text).getRawFragment() == null) {
                return URI.create(text);
            }
        } catch (IllegalArgumentException e) {
            // the same as none
        }
        throw new HttpCallFailed("the provider's metadata lacks an endpoint");
    }
}
