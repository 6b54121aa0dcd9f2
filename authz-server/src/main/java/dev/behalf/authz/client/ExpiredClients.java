package dev.behalf.authz.client;

import dev.behalf.authz.sweep.Sweep;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Deletes the clients that have expired, some at a time, so that no statement takes long. Replicas that do it
/// at once share the work: each row is deleted by one.
@Singleton
final class ExpiredClients implements Sweep {

    private static final Logger log = LoggerFactory.getLogger(ExpiredClients.class);
    private static final Duration EVERY = Duration.ofMinutes(10);
    private static final int AT_ONCE = 500;

    private final Registrations registrations;

    ExpiredClients(Registrations registrations) {
        this.registrations = registrations;
    }

    @Override
    public String what() {
        return "expired clients";
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    /// Deletes them all; emits how many there were.
    @Override
    public Mono<Integer> sweep() {
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
