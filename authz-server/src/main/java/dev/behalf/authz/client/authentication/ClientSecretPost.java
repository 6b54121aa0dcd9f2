package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.oauth.OAuthRequest;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1).
@Singleton
@Order(2)
final class ClientSecretPost implements ClientAuthentication {

    private final Clients clients;

    ClientSecretPost(Clients clients) {
        this.clients = clients;
    }

    @Override
    public String method() {
        return "client_secret_post";
    }

    @Override
    public boolean isUsedBy(OAuthRequest request) {
        return request.parameter("client_secret").isPresent();
    }

    @Override
    public Mono<Client> authenticate(OAuthRequest request) {
        return Mono.justOrEmpty(clients.authenticate(request.required("client_id"), request.required("client_secret")));
    }
}
