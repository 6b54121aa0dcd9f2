package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import reactor.core.publisher.Mono;

/// `none`: a public client has nothing to prove itself with and names itself only (RFC 6749 §3.2.1). What it gets
/// hangs on other proofs, such as PKCE.
@Singleton
@Order(4)
final class NoAuthentication implements ClientAuthentication {

    private static final Set<String> PROOFS = Set.of("client_secret", "client_assertion", "client_assertion_type");

    @Override
    public String method() {
        return "none";
    }

    @Override
    public boolean isUsedBy(OAuthRequest request) {
        return request.authorization().isEmpty()
                && PROOFS.stream().noneMatch(request.parameters()::containsKey)
                && request.parameter("client_id").isPresent();
    }

    @Override
    public Optional<String> claimedId(OAuthRequest request) {
        return request.parameter("client_id");
    }

    @Override
    public Mono<Boolean> proves(OAuthRequest request, Client client) {
        return Mono.just(true);
    }
}
