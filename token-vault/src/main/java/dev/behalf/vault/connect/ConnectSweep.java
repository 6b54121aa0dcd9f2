package dev.behalf.vault.connect;

import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Forgets, from time to time, those who went to a provider and did not come back.
@Context
final class ConnectSweep {

    private static final Logger log = LoggerFactory.getLogger(ConnectSweep.class);
    private static final Duration EVERY = Duration.ofMinutes(5);

    private final Connecting connecting;
    private @Nullable Disposable running;

    ConnectSweep(Connecting connecting) {
        this.connecting = connecting;
    }

    @PostConstruct
    void start() {
        running = Mono.delay(EVERY)
                .then(Mono.defer(connecting::sweep))
                .onErrorResume(fault -> {
                    log.warn("Connections that were begun were not forgotten: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Forgetting connections that were begun ended", fault));
    }

    @PreDestroy
    void stop() {
        if (running != null) {
            running.dispose();
        }
    }
}
