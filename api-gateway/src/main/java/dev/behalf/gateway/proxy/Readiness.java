package dev.behalf.gateway.proxy;

import dev.behalf.gateway.identity.Verdict;
import dev.behalf.gateway.identity.Verdicts;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.context.annotation.Context;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Whether the gateway can judge tokens: its views of the registry and the revocations are whole, and the
/// validator gives verdicts. It is asked what everybody is asked, about a token that is none.
@Context
@io.micronaut.management.health.indicator.annotation.Readiness
final class Readiness implements HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(Readiness.class);
    private static final Duration WHILE_READY = Duration.ofSeconds(2);
    private static final Duration WHILE_NOT = Duration.ofMillis(100);
    private static final String NO_TOKEN = "-";

    private final Verdicts verdicts;
    private final Verdicts.Question question = new Verdicts.Question(Sha256.of(NO_TOKEN), "readiness.invalid", null);
    private volatile boolean ready;
    private @Nullable Disposable asking;

    Readiness(Verdicts verdicts) {
        this.verdicts = verdicts;
    }

    @PostConstruct
    void start() {
        asking = Mono.defer(() -> verdicts.ask(question, NO_TOKEN))
                .doOnNext(verdict -> {
                    boolean now = verdict instanceof Verdict.Refused;
                    if (now != ready) {
                        log.info(now ? "Ready" : "Not ready");
                    }
                    ready = now;
                })
                .then(Mono.defer(() -> Mono.delay(ready ? WHILE_READY : WHILE_NOT)))
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Asking the validator ended", fault));
    }

    @PreDestroy
    void stop() {
        if (asking != null) {
            asking.dispose();
        }
    }

    boolean isReady() {
        return ready && verdicts.isReady();
    }

    @Override
    public Publisher<HealthResult> getResult() {
        return Mono.fromSupplier(() -> HealthResult.builder("gateway", isReady() ? HealthStatus.UP : HealthStatus.DOWN)
                .build());
    }
}
