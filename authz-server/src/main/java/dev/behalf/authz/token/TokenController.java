package dev.behalf.authz.token;

import dev.behalf.authz.client.Clients;
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
import java.time.Clock;
import java.util.List;
import reactor.core.publisher.Mono;

/// `/oauth/token` (RFC 6749 §3.2).
@Controller
final class TokenController {

    private final ClientAuthenticator authenticator;
    private final Clients clients;
    private final List<GrantType> grantTypes;
    private final Clock clock;

    TokenController(ClientAuthenticator authenticator, Clients clients, List<GrantType> grantTypes, Clock clock) {
        this.authenticator = authenticator;
        this.clients = clients;
        this.grantTypes = grantTypes;
        this.clock = clock;
    }

    @Post("/oauth/token")
    @Consumes(MediaType.ALL)
    @Produces(MediaType.APPLICATION_JSON)
    @Unprotected("the client proves itself in the request")
    Mono<HttpResponse<byte[]>> token(HttpRequest<byte[]> http) {
        var arrivedAt = clock.instant();
        return Mono.fromSupplier(() -> OAuthRequest.ofForm(http))
                .flatMap(parameters -> authenticator
                        .authenticate(parameters)
                        .map(client -> new TokenRequest(client, parameters, arrivedAt)))
                .flatMap(request -> grantType(request)
                        .issue(request)
                        .flatMap(response -> clients.used(request.client()).thenReturn(response)))
                .map(response -> HttpResponse.ok(Json.write(response.toJson()))
                        .header("Cache-Control", "no-store")
                        .header("Pragma", "no-cache"));
    }

    private GrantType grantType(TokenRequest request) {
        var type = request.parameters().required("grant_type");
        var known = grantTypes.stream()
                .filter(one -> one.type().equals(type))
                .findFirst()
                .orElseThrow(() -> OAuthError.of("unsupported_grant_type", "this grant type is not supported"));
        if (!request.client().uses(type)) {
            throw OAuthError.of("unauthorized_client", "the client does not use this grant type");
        }
        return known;
    }
}
