package dev.behalf.authz.token;

import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import jakarta.inject.Singleton;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Reads `actor_token` (RFC 8693 §2.1): by an access token of its own, an agent proves that it is the one that
/// acts.
@Singleton
final class ActorTokens {

    private final AccessTokenReader tokens;

    ActorTokens(AccessTokenReader tokens) {
        this.tokens = tokens;
    }

    /// The agent that the request proves, or an empty option when it proves none. Fails with `invalid_request`
    /// when the proof is not good, or a person's.
    Mono<Optional<String>> of(OAuthRequest request) {
        var token = request.parameter("actor_token");
        var type = request.parameter("actor_token_type");
        if (token.isEmpty() && type.isEmpty()) {
            return Mono.just(Optional.empty());
        }
        if (token.isEmpty() || type.isEmpty() || !TokenTypes.ACCESS_TOKENS.contains(type.get())) {
            return Mono.error(() -> OAuthError.of(
                    "invalid_request", "actor_token and actor_token_type belong together, for an access token"));
        }
        return tokens.read(token.get())
                .filter(read -> read.entitlement().grant() == null
                        && read.entitlement()
                                .subject()
                                .equals(read.entitlement().clientId()))
                .map(read -> Optional.of(read.entitlement().subject()))
                .switchIfEmpty(Mono.error(() -> OAuthError.of("invalid_request", "the actor token is not valid")));
    }
}
