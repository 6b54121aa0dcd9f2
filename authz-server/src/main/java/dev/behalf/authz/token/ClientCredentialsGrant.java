package dev.behalf.authz.token;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.kernel.oauth.Scope;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.util.Set;
import reactor.core.publisher.Mono;

/// `client_credentials` (RFC 6749 §4.4): the client acts for itself, at one resource (RFC 8707).
@Singleton
@Order(3)
final class ClientCredentialsGrant implements GrantType {

    private final AccessTokens tokens;
    private final TokenSettings settings;

    ClientCredentialsGrant(AccessTokens tokens, TokenSettings settings) {
        this.tokens = tokens;
        this.settings = settings;
    }

    @Override
    public String type() {
        return "client_credentials";
    }

    @Override
    public Mono<TokenResponse> issue(TokenRequest request) {
        return Mono.defer(() -> {
            var client = request.client();
            var resource = resource(client, request.parameters());
            var scopes = scopes(client, resource, request.parameters());
            return tokens.issue(Entitlement.ofClient(client.id(), resource, scopes), settings.ttl())
                    .map(TokenResponse::of);
        });
    }

    private static String resource(Client client, OAuthRequest request) {
        var resources = client.resources().keySet();
        var asked = request.all("resource");
        if (asked.isEmpty() && resources.size() == 1) {
            return resources.iterator().next();
        }
        if (asked.size() != 1 || !resources.contains(asked.getFirst())) {
            throw OAuthError.of("invalid_target", "the client has no access to that resource");
        }
        return asked.getFirst();
    }

    private static Set<String> scopes(Client client, String resource, OAuthRequest request) {
        var allowed = client.resources().getOrDefault(resource, Set.of());
        var asked = request.parameter("scope").map(Scope::parse).orElse(allowed);
        if (asked.isEmpty()) {
            throw OAuthError.of("invalid_scope", "the scope must name at least one"); // RFC 6749 §3.3
        }
        if (!allowed.containsAll(asked)) {
            throw OAuthError.of("invalid_scope", "the client may not have a scope that it asks for");
        }
        return asked;
    }
}
