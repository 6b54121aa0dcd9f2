package dev.behalf.authz.event;

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

/// Deletes revocations whose tokens have all expired and, where nothing is published, events as old as the topic
/// would keep them. Every replica does; that they meet does no harm.
@Context
final class RevocationSweep {

    private static final Logger log = LoggerFactory.getLogger(RevocationSweep.class);
    private static final Duration EVERY = Duration.ofMinutes(1);

    /// Of clocks that disagree, and of a service that judges a token by its own.
    private static final Duration MARGIN = Duration.ofMinutes(5);

    private static final Duration EVENTS_KEPT = Duration.ofDays(7);

    private final RevocationTable table;
    private final Clock clock;
    private @Nullable Disposable sweeping;

    RevocationSweep(RevocationTable table, Clock clock) {
        this.table = table;
        this.clock = clock;
    }

    @PostConstruct
    void start() {
        sweeping = Mono.delay(EVERY)
                .then(Mono.defer(this::sweep))
                .onErrorResume(fault -> {
                    log.warn("Old revocations were not deleted: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Deleting old revocations ended", fault));
    }

    @PreDestroy
    void stop() {
        if (sweeping != null) {
            sweeping.dispose();
        }
    }

    /// Emits how many revocations were deleted.
    Mono<Long> sweep() {
        var now = clock.instant();
        return table.sweepOutbox(now.minus(EVENTS_KEPT)).then(table.sweep(now.minus(MARGIN)));
    }
}
