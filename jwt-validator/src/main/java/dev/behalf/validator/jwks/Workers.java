package dev.behalf.validator.jwks;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The threads that parse and verify, so that no event loop does: as many as cores, with a bounded queue in front.
@Singleton
public final class Workers {

    private static final int MAX_QUEUED = 2_000;

    private final Scheduler judging =
            Schedulers.newBoundedElastic(Runtime.getRuntime().availableProcessors(), MAX_QUEUED, "judge", 60, true);

    private final Scheduler reading = Schedulers.newBoundedElastic(2, 10_000, "keys", 60, true);

    /// Where key sets are read: not behind the tokens that wait for them.
    Scheduler reading() {
        return reading;
    }

    /// Where tokens are judged. Rejects what comes when too much waits.
    public Scheduler judging() {
        return judging;
    }

    @PreDestroy
    void stop() {
        judging.dispose();
        reading.dispose();
    }
}
