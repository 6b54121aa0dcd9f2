package dev.behalf.vault.upstream;

import dev.behalf.vault.provider.OAuthProvider;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import reactor.core.publisher.Mono;

/// Keeps a provider that is down from being asked by everybody who has an account there.
@Singleton
final class Breakers {

    private static final int MANY = 1_000;

    /// What is down together. After a change of the operator it is another.
    private record Key(UUID instance, String clientId, URI url) {}

    private final UpstreamSettings settings;
    private final Clock clock;
    private final ConcurrentMap<Key, Breaker> breakers = new ConcurrentHashMap<>();

    Breakers(UpstreamSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /// Makes the call when it is its turn, or says that the provider is left alone now. Who leaves does not end
    /// the call.
    Mono<TokenOutcome> guard(OAuthProvider provider, URI url, Mono<TokenOutcome> call) {
        return Mono.defer(() -> {
            if (breakers.size() > MANY) {
                breakers.values().removeIf(Breaker::isIdle);
            }
            var breaker = breakers.computeIfAbsent(
                    new Key(provider.instance(), provider.clientId(), url), _ -> new Breaker(settings));
            return Mono.fromFuture(run(breaker, call).toFuture(), true);
        });
    }

    private Mono<TokenOutcome> run(Breaker breaker, Mono<TokenOutcome> call) {
        return breaker.enter(clock.instant())
                .flatMap(mayAsk -> mayAsk
                        ? call.doOnNext(outcome -> breaker.ended(isAlive(outcome), clock.instant()))
                                .doOnError(_ -> breaker.ended(false, clock.instant()))
                        : Mono.just(new TokenOutcome.Unavailable(
                                breaker.pause(clock.instant()),
                                "the provider failed others and is left alone for a while")));
    }

    private static boolean isAlive(TokenOutcome outcome) {
        return switch (outcome) {
            case TokenOutcome.Given _, TokenOutcome.UserMustReconnect _, TokenOutcome.ScopeRefused _ -> true;
            case TokenOutcome.Misconfigured _, TokenOutcome.Unavailable _ -> false;
        };
    }
}
