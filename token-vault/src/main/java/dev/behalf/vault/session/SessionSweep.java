package dev.behalf.vault.session;

import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Deletes, from time to time, sessions that ended by themselves.
@Context
final class SessionSweep {

    private static final Logger log = LoggerFactory.getLogger(SessionSweep.class);
    private static final Duration EVERY = Duration.ofMinutes(10);

    private final Sessions sessions;
    private @Nullable Disposable running;

    SessionSweep(Sessions sessions) {
        this.sessions = sessions;
    }

    @PostConstruct
    void start() {
        running = Mono.delay(EVERY)
                .then(Mono.defer(sessions::sweep))
                .onErrorResume(fault -> {
                    log.warn("Ended sessions were not deleted: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Deleting ended sessions stopped", fault));
    }

    @PreDestroy
    void stop() {
        if (running != null) {
            running.dispose();
        }
    }
}
