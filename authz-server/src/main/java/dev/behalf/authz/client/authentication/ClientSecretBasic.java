package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import reactor.core.publisher.Mono;

/// `client_secret_basic`: id and secret, each form-encoded, in HTTP Basic (RFC 6749 §2.3.1).
@Singleton
@Order(1)
final class ClientSecretBasic implements ClientAuthentication {

    private static final String SCHEME = "Basic ";

    private final Clients clients;

    ClientSecretBasic(Clients clients) {
        this.clients = clients;
    }

    @Override
    public String method() {
        return "client_secret_basic";
    }

    @Override
    public boolean isUsedBy(OAuthRequest request) {
        return !request.authorization().isEmpty();
    }

    @Override
    public Mono<Client> authenticate(OAuthRequest request) {
        var headers = request.authorization();
        if (headers.size() != 1 || !headers.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Mono.empty();
        }
        try {
            var decoded = Base64.getDecoder()
                    .decode(headers.getFirst().substring(SCHEME.length()).strip());
            var pair = new String(decoded, StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            if (colon < 0) {
                return Mono.empty();
            }
            var id = OAuthRequest.decode(pair.substring(0, colon));
            var named = request.parameter("client_id");
            if (named.isPresent() && !named.get().equals(id)) {
                return Mono.empty();
            }
            return Mono.justOrEmpty(clients.authenticate(id, OAuthRequest.decode(pair.substring(colon + 1))));
        } catch (IllegalArgumentException | OAuthError e) {
            return Mono.empty();
        }
    }
}
