package dev.behalf.authz.login;

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

/// Deletes counts of attempts that no longer count, and browsers in which nobody signed in for long.
@Context
final class SignInSweep {

    private static final Logger log = LoggerFactory.getLogger(SignInSweep.class);
    private static final Duration EVERY = Duration.ofMinutes(10);

    private final AttemptTable attempts;
    private final KnownBrowserTable browsers;
    private final SignInSettings settings;
    private final Clock clock;
    private @Nullable Disposable sweeping;

    SignInSweep(AttemptTable attempts, KnownBrowserTable browsers, SignInSettings settings, Clock clock) {
        this.attempts = attempts;
        this.browsers = browsers;
        this.settings = settings;
        this.clock = clock;
    }

    @PostConstruct
    void start() {
        sweeping = Mono.delay(EVERY)
                .then(Mono.defer(this::sweep))
                .onErrorResume(fault -> {
                    log.warn("Old sign-ins were not deleted: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Deleting old sign-ins ended", fault));
    }

    @PreDestroy
    void stop() {
        if (sweeping != null) {
            sweeping.dispose();
        }
    }

    Mono<Long> sweep() {
        return attempts.removeStartedBefore(clock.instant().minus(settings.window()))
                .then(browsers.removeUsedBefore(clock.instant().minus(KnownBrowsers.REMEMBERED)));
    }
}
