package dev.behalf.authz.login;

import dev.behalf.authz.sweep.Sweep;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Deletes counts of attempts that no longer count, and browsers in which nobody signed in for long.
@Singleton
final class SignInSweep implements Sweep {

    private static final Duration EVERY = Duration.ofMinutes(10);

    private final AttemptTable attempts;
    private final KnownBrowserTable browsers;
    private final SignInSettings settings;
    private final Clock clock;

    SignInSweep(AttemptTable attempts, KnownBrowserTable browsers, SignInSettings settings, Clock clock) {
        this.attempts = attempts;
        this.browsers = browsers;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public String what() {
        return "old sign-ins";
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public Mono<Long> sweep() {
        return attempts.removeStartedBefore(clock.instant().minus(settings.window()))
                .then(browsers.removeUsedBefore(clock.instant().minus(KnownBrowsers.REMEMBERED)));
    }
}
