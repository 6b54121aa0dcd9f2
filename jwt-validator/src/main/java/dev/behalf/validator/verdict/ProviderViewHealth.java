package dev.behalf.validator.verdict;

import dev.behalf.kernel.provider.ProviderFeed;
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

/// Ready once the view of the registry has been whole; its age is a metric, not a reason to stop answering.
@Context
@Readiness
final class ProviderViewHealth implements HealthIndicator {

    private final ProviderFeed feed;

    ProviderViewHealth(ProviderFeed feed, MeterRegistry metrics) {
        this.feed = feed;
        Gauge.builder("provider.view.age.seconds", feed, ProviderViewHealth::age)
                .description("How long nothing has confirmed this replica's view of the registry")
                .register(metrics);
    }

    @Override
    public Publisher<HealthResult> getResult() {
        return Mono.fromSupplier(
                () -> HealthResult.builder("providers", feed.isReady() ? HealthStatus.UP : HealthStatus.DOWN)
                        .details(Map.of("count", feed.now().all().size()))
                        .build());
    }

    private static double age(ProviderFeed feed) {
        var age = feed.age();
        return age == null ? Double.NaN : age.toMillis() / 1000.0;
    }
}
