package dev.behalf.authz.authorize;

import dev.behalf.authz.grant.Grants;
import dev.behalf.authz.sweep.Sweep;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Forgets requests, codes and grants some time after they were over, some at a time, so that no statement
/// takes long. Until then a replay is still known for one. Every replica does it; what one has deleted the
/// other does not find.
@Singleton
final class Expired implements Sweep {

    private static final Duration EVERY = Duration.ofMinutes(5);
    private static final Duration KEPT = Duration.ofDays(1);
    private static final int AT_ONCE = 1_000;

    private final PushedRequests pushed;
    private final AuthorizationCodes codes;
    private final Grants grants;
    private final Clock clock;

    Expired(PushedRequests pushed, AuthorizationCodes codes, Grants grants, Clock clock) {
        this.pushed = pushed;
        this.codes = codes;
        this.grants = grants;
        this.clock = clock;
    }

    @Override
    public String what() {
        return "expired requests, codes and grants";
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public Mono<Void> sweep() {
        var now = clock.instant();
        return whole(Mono.defer(() -> pushed.sweep(now, AT_ONCE)))
                .then(whole(Mono.defer(() -> codes.sweep(now.minus(KEPT), AT_ONCE))))
                .then(whole(Mono.defer(() -> grants.sweep(now.minus(KEPT), AT_ONCE))));
    }

    private static Mono<Void> whole(Mono<Long> some) {
        return some.expand(deleted -> deleted < AT_ONCE ? Mono.empty() : some).then();
    }
}
