package dev.behalf.authz.client;

import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Deletes the clients that have expired, some at a time, so that no statement takes long. Replicas that do it at once
/// share the work: each row is deleted by one.
@Context
final class ExpiredClients {

    private static final Logger log = LoggerFactory.getLogger(ExpiredClients.class);
    private static final Duration EVERY = Duration.ofMinutes(10);
    private static final int AT_ONCE = 500;

    private final Registrations registrations;
    private @Nullable Disposable sweeping;

    ExpiredClients(Registrations registrations) {
        this.registrations = registrations;
    }

    @PostConstruct
    void start() {
        sweeping = Mono.delay(EVERY)
                .then(Mono.defer(this::sweep))
                .onErrorResume(fault -> {
                    log.warn("Expired clients were not deleted: {}", fault.getMessage());
                    return Mono.empty();
                })
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Deleting expired clients ended", fault));
    }

    @PreDestroy
    void stop() {
        if (sweeping != null) {
            sweeping.dispose();
        }
    }

    /// Deletes them all; emits how many there were.
    Mono<Integer> sweep() {
        return registrations
                .sweep(AT_ONCE)
                .expand(deleted -> deleted < AT_ONCE ? Mono.empty() : registrations.sweep(AT_ONCE))
                .reduce(0, Integer::sum)
                .flatMap(deleted -> registrations.forgetDocuments(AT_ONCE).thenReturn(deleted))
                .doOnNext(deleted -> {
                    if (deleted > 0) {
                        log.info("Deleted {} clients that had expired", deleted);
                    }
                });
    }
}
