package dev.behalf.authz.authorize;

import dev.behalf.authz.grant.Grants;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Forgets requests, codes and grants some time after they were over, some at a time, so that no statement
/// takes long. Until then a replay is still known for one. Every replica does it; what one has deleted the
/// other does not find.
@Context
final class Expired {

    private static final Logger log = LoggerFactory.getLogger(Expired.class);
    private static final Duration EVERY = Duration.ofMinutes(5);
    private static final Duration KEPT = Duration.ofDays(1);
    private static final int AT_ONCE = 1_000;

    private final PushedRequests pushed;
    private final AuthorizationCodes codes;
    private final Grants grants;
    private final Clock clock;
    private @Nullable Disposable sweeping;

    Expired(PushedRequests pushed, AuthorizationCodes codes, Grants grants, Clock clock) {
        this.pushed = pushed;
        this.codes = codes;
        this.grants = grants;
        this.clock = clock;
    }

    @PostConstruct
    void start() {
        sweeping = Mono.delay(EVERY)
                .then(Mono.defer(this::sweep))
                .onErrorResume(fault -> {
                    log.warn("What has expired was not deleted: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Deleting what has expired ended", fault));
    }

    @PreDestroy
    void stop() {
        if (sweeping != null) {
            sweeping.dispose();
        }
    }

    Mono<Void> sweep() {
        var now = clock.instant();
        return whole(Mono.defer(() -> pushed.sweep(now, AT_ONCE)))
                .then(whole(Mono.defer(() -> codes.sweep(now.minus(KEPT), AT_ONCE))))
                .then(whole(Mono.defer(() -> grants.sweep(now.minus(KEPT), AT_ONCE))));
    }

    private static Mono<Void> whole(Mono<Long> some) {
        return some.expand(deleted -> deleted < AT_ONCE ? Mono.empty() : some).then();
    }
}
