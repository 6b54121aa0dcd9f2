package dev.behalf.authz.event;

import dev.behalf.authz.sweep.Sweep;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Deletes revocations whose tokens have all expired and, where nothing is published, events as old as the
/// topic would keep them. Every replica does; that they meet does no harm.
@Singleton
final class RevocationSweep implements Sweep {

    private static final Duration EVERY = Duration.ofMinutes(1);

    /// Of clocks that disagree, and of a service that judges a token by its own.
    private static final Duration MARGIN = Duration.ofMinutes(5);

    private static final Duration EVENTS_KEPT = Duration.ofDays(7);

    private final RevocationTable table;
    private final Clock clock;

    RevocationSweep(RevocationTable table, Clock clock) {
        this.table = table;
        this.clock = clock;
    }

    @Override
    public String what() {
        return "old revocations";
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    /// Emits how many revocations were deleted.
    @Override
    public Mono<Long> sweep() {
        var now = clock.instant();
        return table.sweepOutbox(now.minus(EVENTS_KEPT)).then(table.sweep(now.minus(MARGIN)));
    }
}
