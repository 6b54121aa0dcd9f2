package dev.behalf.authz.introspect;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.authentication.ClientAuthenticator;
import dev.behalf.authz.grant.Grant;
import dev.behalf.authz.grant.Grants;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.authz.token.AccessToken;
import dev.behalf.authz.token.AccessTokenReader;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import reactor.core.publisher.Mono;

/// `/oauth/introspect` (RFC 7662). A client that an operator made is told of every token; one that registered
/// itself, of its own only: anybody could have registered. Of all other tokens it is told that they are not
/// active, no more.
@Controller
final class IntrospectionController {

    private static final Map<String, Object> INACTIVE = Map.of("active", false);

    private final ClientAuthenticator clients;
    private final AccessTokenReader tokens;
    private final Grants grants;
    private final String issuer;

    IntrospectionController(
            ClientAuthenticator clients, AccessTokenReader tokens, Grants grants, OAuthSettings settings) {
        this.clients = clients;
        this.tokens = tokens;
        this.grants = grants;
        this.issuer = settings.issuer();
    }

    @Post(value = "/oauth/introspect", produces = MediaType.APPLICATION_JSON)
    @Consumes(MediaType.ALL)
    @Unprotected("the client proves itself in the request")
    Mono<HttpResponse<byte[]>> introspect(HttpRequest<byte[]> http) {
        return Mono.fromSupplier(() -> OAuthRequest.ofForm(http))
                .flatMap(request -> clients.authenticate(request).flatMap(client -> {
                    if ("none".equals(client.metadata().authMethod())) {
                        throw OAuthError.invalidClient(); // RFC 7662 §2.1: the endpoint needs authorization
                    }
                    return describe(request.required("token"), client);
                }))
                .defaultIfEmpty(INACTIVE)
                .map(body -> HttpResponse.ok(Json.write(body)).header("Cache-Control", "no-store"));
    }

    private Mono<Map<String, Object>> describe(String token, Client client) {
        boolean trusted = client.origin() == Client.Origin.BUILT_IN || client.origin() == Client.Origin.OPERATOR;
        return tokens.read(token)
                .filter(read -> trusted || read.entitlement().clientId().equals(client.id()))
                .map(this::describe)
                .switchIfEmpty(grants.ofRefreshToken(token, trusted ? null : client.id())
                        .map(this::describe));
    }

    private Map<String, Object> describe(AccessToken token) {
        var entitlement = token.entitlement();
        var json = new LinkedHashMap<String, Object>();
        json.put("active", true);
        json.put("token_type", "Bearer");
        json.put("iss", issuer);
        json.put("sub", entitlement.subject());
        json.put("client_id", entitlement.clientId());
        json.put("aud", entitlement.audience());
        json.put("scope", Scope.text(new TreeSet<>(entitlement.scopes())));
        json.put("iat", token.issuedAt().getEpochSecond());
        json.put("exp", token.expiresAt().getEpochSecond());
        json.put("jti", token.id());
        if (entitlement.grant() != null) {
            json.put("username", entitlement.grant().username());
            json.put("gid", entitlement.grant().gid());
        }
        if (entitlement.actor() != null) {
            json.put("act", entitlement.actor().toJson());
        }
        return json;
    }

    private Map<String, Object> describe(Grant grant) {
        var json = new LinkedHashMap<String, Object>();
        json.put("active", true);
        json.put("token_type", "refresh_token");
        json.put("iss", issuer);
        json.put("sub", grant.subject());
        json.put("username", grant.username());
        json.put("client_id", grant.clientId());
        json.put("scope", Scope.text(new TreeSet<>(grant.scopes())));
        json.put("exp", grant.expiresAt().getEpochSecond());
        json.put("gid", grant.gid());
        return json;
    }
}
