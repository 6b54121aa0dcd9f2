package dev.behalf.authz.sweep;

import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Runs every [Sweep] while the service is up. One that fails is logged and comes again in its time.
@Context
final class Sweeper {

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    private final List<Sweep> sweeps;
    private final Disposable.Composite running = Disposables.composite();

    Sweeper(List<Sweep> sweeps) {
        this.sweeps = List.copyOf(sweeps);
    }

    @PostConstruct
    void start() {
        for (var sweep : sweeps) {
            var _ = running.add(
                    over(sweep).subscribe(_ -> {}, fault -> log.error("Deleting {} ended", sweep.what(), fault)));
        }
    }

    @PreDestroy
    void stop() {
        running.dispose();
    }

    private static Flux<Void> over(Sweep sweep) {
        return Mono.delay(sweep.every())
                .then(Mono.defer(() -> sweep.sweep().then()))
                .onErrorResume(fault -> {
                    log.warn("Of {} not all were deleted: {}", sweep.what(), fault.getMessage());
                    return Mono.empty();
                })
                .repeat();
    }
}
