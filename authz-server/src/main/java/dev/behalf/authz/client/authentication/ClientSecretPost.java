package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1).
@Singleton
@Order(2)
final class ClientSecretPost implements ClientAuthentication {

    @Override
    public String method() {
        return "client_secret_post";
    }

    @Override
    public boolean isUsedBy(OAuthRequest request) {
        return request.parameter("client_secret").isPresent();
    }

    @Override
    public boolean isFor(String registeredMethod) {
        return SharedSecret.isFor(registeredMethod);
    }

    @Override
    public Optional<String> claimedId(OAuthRequest request) {
        return Optional.of(request.required("client_id"));
    }

    @Override
    public Mono<Boolean> proves(OAuthRequest request, Client client) {
        return Mono.just(client.hasSecret(request.required("client_secret")));
    }
}
