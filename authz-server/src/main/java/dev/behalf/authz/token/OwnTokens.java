package dev.behalf.authz.token;

import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.oauth.TokenSource;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/// The authorization server's own tokens: it asks nobody for them, not even where a client's secret is set for
/// it. With them it may read the providers, no more.
@Singleton
@Primary
@Requires(property = "behalf.providers.registry")
final class OwnTokens implements TokenSource {

    private static final String ITSELF = "authz-server";
    private static final Duration LIFETIME = Duration.ofSeconds(30);

    private final AccessTokens tokens;

    OwnTokens(AccessTokens tokens) {
        this.tokens = tokens;
    }

    @Override
    public Mono<Map<String, String>> authorization(String audience) {
        var scopes = audience.equals(Audience.IDP_REGISTRY) ? Set.of(Scope.PROVIDERS_READ) : Set.<String>of();
        return tokens.issue(Entitlement.ofClient(ITSELF, audience, scopes), LIFETIME)
                .map(token -> Map.of("Authorization", "Bearer " + token.value().reveal()));
    }

    @Override
    public void forget(String audience) {
        // None is kept.
    }
}
