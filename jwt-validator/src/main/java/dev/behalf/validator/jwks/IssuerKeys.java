package dev.behalf.validator.jwks;

import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.kernel.provider.Providers;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.util.Collection;
import java.util.HashSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The key sets of all registered providers, each under its URL. They are read when a provider appears or changes, and
/// again before they get old, whether somebody asks or not, so that a key that was withdrawn is forgotten in time.
@Context
public final class IssuerKeys {

    private static final Logger log = LoggerFactory.getLogger(IssuerKeys.class);

    /// A slow issuer holds one place for the deadline of a reading, no more.
    private static final int PARALLEL_READS = 256;

    private final ProviderFeed feed;
    private final JwksSettings settings;
    private final Clock clock;
    private final Workers workers;
    private final JwksMetrics metrics;
    private final HttpCaller http;
    private final ConcurrentMap<String, KeySetSource> sources = new ConcurrentHashMap<>();
    private @Nullable Disposable ticking;

    IssuerKeys(
            ProviderFeed feed,
            OutboundPolicy policy,
            JwksSettings settings,
            Clock clock,
            Workers workers,
            JwksMetrics metrics) {
        this.feed = feed;
        this.settings = settings;
        this.clock = clock;
        this.workers = workers;
        this.metrics = metrics;
        this.http = HttpCaller.guarded(policy, settings.deadline(), settings.maxBytes());
    }

    @PostConstruct
    void start() {
        metrics.watch(sources.values());
        feed.onChange(this::onChange);
        onChange(Providers.NONE, feed.now());
        ticking = Flux.interval(settings.checkEvery())
                .onBackpressureDrop()
                .concatMapIterable(_ -> ofProviders(feed.now()))
                .flatMap(KeySetSource::refresh, PARALLEL_READS)
                .subscribe(_ -> {}, fault -> log.error("Refreshing the key sets ended", fault));
    }

    @PreDestroy
    void stop() {
        if (ticking != null) {
            ticking.dispose();
        }
    }

    /// The provider's keys. Fails with [KeysUnavailable] when there are none to use.
    public Mono<KeySet> of(ProviderState provider) {
        return source(provider.jwksUri()).keys(provider.revision());
    }

    /// The provider's keys, read anew as far as allowed, since none has the id that a token names.
    public Mono<KeySet> forUnknownId(ProviderState provider) {
        return source(provider.jwksUri()).keysForUnknownId();
    }

    /// The provider's keys, read anew as far as allowed, since a signature is wrong.
    public Mono<KeySet> forWrongSignature(ProviderState provider) {
        return source(provider.jwksUri()).keysForWrongSignature();
    }

    /// What is known of the provider's key set.
    public KeySetState state(ProviderState provider) {
        return source(provider.jwksUri()).state();
    }

    private KeySetSource source(String jwksUri) {
        return sources.computeIfAbsent(jwksUri, uri -> new KeySetSource(uri, http, settings, clock, workers, metrics));
    }

    private void onChange(Providers before, Providers now) {
        var changed = new HashSet<KeySetSource>();
        for (var provider : now.all()) {
            var old = before.byKey(provider.key());
            if (old == null || old.revision() != provider.revision()) {
                var source = source(provider.jwksUri());
                source.renewFor(provider.revision());
                changed.add(source);
            }
        }
        var _ = ofProviders(now);
        var _ = Flux.fromIterable(changed)
                .flatMap(KeySetSource::refresh, PARALLEL_READS)
                .subscribe(_ -> {}, fault -> log.error("Reading the key sets ended", fault));
    }

    /// The sources that providers name; others are forgotten.
    private Collection<KeySetSource> ofProviders(Providers providers) {
        var urls = providers.all().stream().map(ProviderState::jwksUri).collect(Collectors.toSet());
        sources.keySet().retainAll(urls);
        return sources.values();
    }
}
