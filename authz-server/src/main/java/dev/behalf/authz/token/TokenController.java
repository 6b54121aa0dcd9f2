package dev.behalf.authz.token;

import dev.behalf.authz.client.Client;
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

    private final List<ClientAuthentication> authentications;
    private final List<Grant> grants;

    TokenController(List<ClientAuthentication> authentications, List<Grant> grants) {
        this.authentications = authentications;
        this.grants = grants;
    }

    @Post("/oauth/token")
    @Consumes(MediaType.ALL)
    @Produces(MediaType.APPLICATION_JSON)
    @Unprotected("the client proves itself in the request")
    Mono<HttpResponse<byte[]>> token(HttpRequest<byte[]> http) {
        return Mono.fromSupplier(() -> form(http))
                .flatMap(request ->
                        authenticate(request).flatMap(client -> grant(request).issue(client, request)))
                .map(token -> HttpResponse.ok(Json.write(token.toJson()))
                        .header("Cache-Control", "no-store")
                        .header("Pragma", "no-cache"));
    }

    private static TokenRequest form(HttpRequest<byte[]> http) {
        var type = http.getContentType().map(MediaType::getName).orElse("");
        if (!type.equals(MediaType.APPLICATION_FORM_URLENCODED)) {
            throw OAuthError.of("invalid_request", "the body must be application/x-www-form-urlencoded");
        }
        var body = http.getBody().orElseGet(() -> new byte[0]);
        return TokenRequest.parse(body, http.getHeaders().getAll("Authorization"));
    }

    private Mono<Client> authenticate(TokenRequest request) {
        var used = authentications.stream().filter(one -> one.isUsedBy(request)).toList();
        if (used.size() > 1) {
            // RFC 6749 §2.3: a client must not use more than one method in a request
            return Mono.error(() -> OAuthError.of("invalid_request", "more than one way of client authentication"));
        }
        return (used.isEmpty() ? Mono.<Client>empty() : used.getFirst().authenticate(request))
                .switchIfEmpty(Mono.error(OAuthError::invalidClient));
    }

    private Grant grant(TokenRequest request) {
        var type = request.required("grant_type");
        return grants.stream()
                .filter(grant -> grant.type().equals(type))
                .findFirst()
                .orElseThrow(() -> OAuthError.of("unsupported_grant_type", "this grant type is not supported"));
    }
}
