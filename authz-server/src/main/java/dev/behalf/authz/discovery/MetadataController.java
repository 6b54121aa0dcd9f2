package dev.behalf.authz.discovery;

import dev.behalf.authz.client.Clients;
import dev.behalf.authz.token.TokenEndpointMetadata;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.OAuthSettings;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.util.LinkedHashMap;
import java.util.List;

/// `/.well-known/oauth-authorization-server` (RFC 8414): exactly what works.
@Controller
final class MetadataController {

    private final byte[] metadata;

    MetadataController(OAuthSettings settings, TokenEndpointMetadata token) {
        var json = new LinkedHashMap<String, Object>();
        json.put("issuer", settings.issuer());
        json.put("token_endpoint", settings.issuer() + "/oauth/token");
        json.put("jwks_uri", settings.issuer() + "/jwks");
        json.put("response_types_supported", List.of()); // required by RFC 8414 §2; there is no authorization endpoint
        json.put("grant_types_supported", token.grantTypes());
        json.put("token_endpoint_auth_methods_supported", token.authMethods());
        json.put("scopes_supported", Clients.operatorScopes().stream().sorted().toList());
        this.metadata = Json.write(json);
    }

    @Get(value = "/.well-known/oauth-authorization-server", produces = "application/json")
    @Unprotected("metadata is for everybody")
    HttpResponse<byte[]> metadata() {
        return HttpResponse.ok(metadata).header("Cache-Control", "public, max-age=300");
    }
}
