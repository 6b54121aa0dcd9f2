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
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
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
    private static final Duration TICK = Duration.ofSeconds(5);
    private static final int PARALLEL_READS = 16;

    private final ProviderFeed feed;
    private final JwksSettings settings;
    private final Clock clock;
    private final Workers workers;
    private final HttpCaller http;
    private final ConcurrentMap<String, KeySetSource> sources = new ConcurrentHashMap<>();
    private @Nullable Disposable ticking;

    IssuerKeys(ProviderFeed feed, OutboundPolicy policy, JwksSettings settings, Clock clock, Workers workers) {
        this.feed = feed;
        this.settings = settings;
        this.clock = clock;
        this.workers = workers;
        this.http = HttpCaller.guarded(policy, settings.deadline(), settings.maxBytes());
    }

    @PostConstruct
    void start() {
        feed.onChange(this::onChange);
        onChange(Providers.NONE, feed.now());
        ticking = Flux.interval(TICK)
                .onBackpressureDrop()
                .concatMap(_ -> refreshWhatGetsOld())
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
        return source(provider.jwksUri()).keys();
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
        return sources.computeIfAbsent(
                jwksUri, uri -> new KeySetSource(URI.create(uri), http, settings, clock, workers.reading()));
    }

    private void onChange(Providers before, Providers now) {
        for (var provider : now.all()) {
            var old = before.byKey(provider.key());
            if (old == null || old.revision() != provider.revision()) {
                var source = source(provider.jwksUri());
                source.expire();
                var _ = source.refresh().subscribe(_ -> {}, fault -> log.warn("A key set was not read", fault));
            }
        }
        sources.keySet().retainAll(urls(now));
    }

    private Mono<Void> refreshWhatGetsOld() {
        var soon = clock.instant().plus(TICK).plus(settings.deadline());
        return Flux.fromIterable(sources.values())
                .filter(source -> !source.isFreshAt(soon))
                .flatMap(KeySetSource::refresh, PARALLEL_READS)
                .then();
    }

    private static Set<String> urls(Providers providers) {
        return providers.all().stream().map(ProviderState::jwksUri).collect(Collectors.toSet());
    }
}
