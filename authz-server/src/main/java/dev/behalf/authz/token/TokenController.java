package dev.behalf.authz.token;

import dev.behalf.authz.client.authentication.ClientAuthenticator;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import java.util.List;
import reactor.core.publisher.Mono;

/// `/oauth/token` (RFC 6749 §3.2).
@Controller
final class TokenController {

    private final ClientAuthenticator clients;
    private final List<GrantType> grantTypes;

    TokenController(ClientAuthenticator clients, List<GrantType> grantTypes) {
        this.clients = clients;
        this.grantTypes = grantTypes;
    }

    @Post("/oauth/token")
    @Consumes(MediaType.ALL)
    @Produces(MediaType.APPLICATION_JSON)
    @Unprotected("the client proves itself in the request")
    Mono<HttpResponse<byte[]>> token(HttpRequest<byte[]> http) {
        return Mono.fromSupplier(() -> OAuthRequest.ofForm(http))
                .flatMap(request -> clients.authenticate(request)
                        .flatMap(client -> grantType(request).issue(client, request)))
                .map(token -> HttpResponse.ok(Json.write(token.toJson()))
                        .header("Cache-Control", "no-store")
                        .header("Pragma", "no-cache"));
    }

    private GrantType grantType(OAuthRequest request) {
        var type = request.required("grant_type");
        return grantTypes.stream()
                .filter(one -> one.type().equals(type))
                .findFirst()
                .orElseThrow(() -> OAuthError.of("unsupported_grant_type", "this grant type is not supported"));
    }
}
