package dev.behalf.validator.jwks;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.function.ToDoubleFunction;

/// What is measured of the key sets. No issuer is named: `GET /v1/providers/{namespace}/{name}/keys` tells of one.
@Singleton
final class JwksMetrics {

    private final MeterRegistry registry;

    JwksMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /// `behalf.jwks.readings`: how long readings took that succeeded or failed.
    void read(String outcome, Duration took) {
        registry.timer("behalf.jwks.readings", "outcome", outcome).record(took);
    }

    /// `behalf.jwks.rereadings`: readings that tokens asked for, because of an `unknown-key` or a `wrong-signature`;
    /// `made`, or `spared` since the allowance was used up or the issuer was failing.
    void reread(String cause, boolean made) {
        registry.counter("behalf.jwks.rereadings", "cause", cause, "outcome", made ? "made" : "spared")
                .increment();
    }

    /// Gauges over all sets: their number, how many fail at present, and the age in seconds of the oldest one that is
    /// used. An age that nears `stale-for` means that an issuer's users are about to be locked out.
    void watch(Collection<KeySetSource> sources) {
        gauge("behalf.jwks.sets", "Key sets of registered providers", sources, Collection::size);
        gauge(
                "behalf.jwks.sets.failing",
                "Key sets that could not be read at the last attempt",
                sources,
                all -> all.stream().filter(KeySetSource::isFailing).count());
        gauge(
                "behalf.jwks.sets.oldest.seconds",
                "The age of the oldest key set",
                sources,
                all -> all.stream()
                        .mapToLong(source -> source.age().toSeconds())
                        .max()
                        .orElse(0));
    }

    private void gauge(
            String name,
            String description,
            Collection<KeySetSource> sources,
            ToDoubleFunction<Collection<KeySetSource>> value) {
        Gauge.builder(name, sources, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }
}
