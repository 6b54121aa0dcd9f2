package dev.behalf.gateway.route;

import dev.behalf.gateway.GatewaySettings;
import dev.behalf.gateway.vault.VaultSettings;
import dev.behalf.kernel.oauth.OAuthSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The routes in force. The file is looked at twice a second; a change takes effect for the next request, once
/// two looks have seen the same, so that a file that is being written is not taken for a whole one. A file with
/// a fault changes nothing but the health detail, which says what the fault is.
@Context
public final class Routes implements HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(Routes.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final @Nullable Path file;
    private final String issuer;
    private final boolean vault;
    private final MeterRegistry metrics;
    private volatile RouteTable table = RouteTable.EMPTY;
    private volatile String fault = "";
    private String read = "";
    private String inForce = "";
    private @Nullable Disposable looking;

    Routes(GatewaySettings settings, OAuthSettings oauth, VaultSettings vault, MeterRegistry metrics) {
        this.issuer = oauth.issuer();
        this.vault = vault.url() != null;
        this.file = settings.routes() == null ? null : Path.of(settings.routes());
        this.metrics = metrics;
    }

    @PostConstruct
    void start() {
        if (file == null) {
            return;
        }
        look();
        look();
        if (!fault.isEmpty()) {
            throw new IllegalStateException("the routes file " + file + " is faulty: " + fault);
        }
        looking = Flux.interval(LOOK_EVERY, Schedulers.boundedElastic())
                .onBackpressureDrop()
                .subscribe(_ -> look(), broken -> log.error("Looking at the routes file ended", broken));
    }

    @PreDestroy
    void stop() {
        if (looking != null) {
            looking.dispose();
        }
    }

    public RouteTable now() {
        return table;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        return Mono.fromSupplier(() -> HealthResult.builder("routes", HealthStatus.UP)
                .details(Map.of("count", table.size(), "fault", fault))
                .build());
    }

    private void look() {
        try {
            var text = Files.readString(java.util.Objects.requireNonNull(file));
            boolean settled = text.equals(read);
            read = text;
            if (!settled || (text.equals(inForce) && fault.isEmpty())) {
                return;
            }
            table = RoutesFile.parse(text, table, issuer, vault);
            inForce = text;
            fault = "";
            log.info("{} routes are in force", table.size());
        } catch (RoutesFile.Faulty e) {
            faulty(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            faulty("it cannot be read");
        }
    }

    private void faulty(String why) {
        if (!why.equals(fault)) {
            fault = why;
            metrics.counter("behalf.routes.faults").increment();
            log.error("The routes file is faulty, the routes before it stay in force: {}", why);
        }
    }
}
