package dev.behalf.gateway.proxy;

import dev.behalf.gateway.GatewaySettings;
import dev.behalf.gateway.identity.Verdicts;
import dev.behalf.gateway.management.Credentials;
import dev.behalf.gateway.management.ManagementRoutes;
import dev.behalf.gateway.route.InFlight;
import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.route.Routes;
import dev.behalf.gateway.vault.ProviderTokens;
import dev.behalf.gateway.wire.Challenge;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/// What every connection needs of the rest of the gateway.
@Singleton
final class GatewayContext {

    final GatewaySettings settings;
    final Routes routes;
    final ManagementRoutes management;
    final Verdicts verdicts;
    final Credentials credentials;
    final ProviderTokens providerTokens;
    final Readiness readiness;
    final Transport transport = Transport.best();
    final Challenge challenge;
    final InFlight inFlight = new InFlight();

    /// Requests that are refused, and read for their ids.
    final InFlight readings = new InFlight();

    private final Counter[] responses;
    private final Counter shed;
    volatile boolean draining;

    GatewayContext(
            GatewaySettings settings,
            Routes routes,
            ManagementRoutes management,
            Verdicts verdicts,
            Credentials credentials,
            ProviderTokens providerTokens,
            Readiness readiness,
            MeterRegistry metrics) {
        this.settings = settings;
        this.routes = routes;
        this.management = management;
        this.verdicts = verdicts;
        this.credentials = credentials;
        this.providerTokens = providerTokens;
        this.readiness = readiness;
        this.challenge = new Challenge(settings.publicUrl().toString());
        this.shed = metrics.counter("behalf.gateway.shed");
        Gauge.builder("behalf.gateway.requests", inFlight, InFlight::now).register(metrics);
        this.responses = new Counter[6];
        for (int i = 1; i < responses.length; i++) {
            responses[i] = metrics.counter("behalf.gateway.responses", "status", i + "xx");
        }
    }

    /// Takes a request on, unless the gateway or its route has as many as it may. Whoever was taken on must
    /// [#leave].
    boolean enter(Route route) {
        if (inFlight.enter(settings.maxRequests())) {
            if (route.inFlight().enter(route.maxRequests())) {
                return true;
            }
            inFlight.leave();
        }
        shed.increment();
        return false;
    }

    void leave(Route route) {
        route.inFlight().leave();
        inFlight.leave();
    }

    void count(int status) {
        responses[Math.min(5, Math.max(1, status / 100))].increment();
    }
}
