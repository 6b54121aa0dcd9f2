package dev.behalf.gateway.proxy;

import dev.behalf.gateway.GatewaySettings;
import dev.behalf.gateway.identity.Verdicts;
import dev.behalf.gateway.management.Credentials;
import dev.behalf.gateway.management.ManagementRoutes;
import dev.behalf.gateway.route.Routes;
import io.micrometer.core.instrument.Counter;
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
    final Readiness readiness;
    final Transport transport = Transport.best();
    final String challenge;
    private final Counter[] responses;
    volatile boolean draining;

    GatewayContext(
            GatewaySettings settings,
            Routes routes,
            ManagementRoutes management,
            Verdicts verdicts,
            Credentials credentials,
            Readiness readiness,
            MeterRegistry metrics) {
        this.settings = settings;
        this.routes = routes;
        this.management = management;
        this.verdicts = verdicts;
        this.credentials = credentials;
        this.readiness = readiness;
        this.challenge = "Bearer realm=\"" + settings.publicUrl() + "\"";
        this.responses = new Counter[6];
        for (int i = 1; i < responses.length; i++) {
            responses[i] = metrics.counter("behalf.gateway.responses", "status", i + "xx");
        }
    }

    void count(int status) {
        responses[Math.min(5, Math.max(1, status / 100))].increment();
    }
}
