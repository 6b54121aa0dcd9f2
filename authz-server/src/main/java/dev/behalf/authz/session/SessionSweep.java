package dev.behalf.authz.session;

import dev.behalf.authz.sweep.Sweep;
import jakarta.inject.Singleton;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Deletes sessions that ended by themselves.
@Singleton
final class SessionSweep implements Sweep {

    private static final Duration EVERY = Duration.ofMinutes(10);

    private final Sessions sessions;

    SessionSweep(Sessions sessions) {
        this.sessions = sessions;
    }

    @Override
    public String what() {
        return "ended sessions";
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public Mono<?> sweep() {
        return sessions.sweep();
    }
}
