package dev.behalf.vault.revocation;

import dev.behalf.kernel.revocation.RevocationFeed;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/// Ready once the view of the revocations has been whole. A view that is too old lets nobody in, on any
/// replica: to take this one out of service would mend nothing.
@Context
@Readiness
final class RevocationViewHealth implements HealthIndicator {

    private final RevocationFeed feed;

    RevocationViewHealth(RevocationFeed feed, MeterRegistry metrics) {
        this.feed = feed;
        Gauge.builder("revocation.view.age.seconds", feed, RevocationViewHealth::age)
                .description("How long nothing has confirmed this replica's view of the revocations")
                .register(metrics);
    }

    @Override
    public Publisher<HealthResult> getResult() {
        return Mono.fromSupplier(
                () -> HealthResult.builder("revocations", feed.isReady() ? HealthStatus.UP : HealthStatus.DOWN)
                        .details(Map.of("count", feed.now().size()))
                        .build());
    }

    private static double age(RevocationFeed feed) {
        var age = feed.age();
        return age == null ? Double.NaN : age.toMillis() / 1000.0;
    }
}
