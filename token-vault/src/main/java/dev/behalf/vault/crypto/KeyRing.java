package dev.behalf.vault.crypto;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// All key-encryption keys that this vault may use: those of the chosen provider, whose current key wraps new
/// data keys, and those of any other that has settings, to read with.
@Context
public final class KeyRing {

    private static final Logger log = LoggerFactory.getLogger(KeyRing.class);

    private final KeyEncryptionKeys primary;
    private final List<KeyEncryptionKeys> all;
    private final DataKeyCache cache;
    private final boolean caching;
    private final AtomicBoolean away = new AtomicBoolean();

    @Inject
    KeyRing(KeySettings settings, List<KeyEncryptionKeys> all) {
        this(settings, all, Ticker.systemTicker());
    }

    KeyRing(KeySettings settings, List<KeyEncryptionKeys> all, Ticker ticker) {
        this.all = List.copyOf(all);
        this.primary = chosen(settings.provider(), all);
        this.cache = new DataKeyCache(settings.cacheEntries(), settings.cacheFor(), ticker);
        this.caching = settings.cacheEntries() > 0;
    }

    private static KeyEncryptionKeys chosen(@Nullable String provider, List<KeyEncryptionKeys> all) {
        if (provider == null || provider.isBlank()) {
            throw new IllegalArgumentException("the vault has no key and does not store secrets in the clear: set"
                    + " behalf.vault.keys.provider to secret, local, transit, awskms or gcpkms");
        }
        return all.stream()
                .filter(keys -> keys.provider().equals(provider))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("behalf.vault.keys.provider is " + provider
                        + ", but there are no settings below behalf.vault.keys." + provider));
    }

    /// The key that wraps new data keys.
    public Mono<String> currentKeyId() {
        return reported(primary.currentKeyId());
    }

    /// All keys that can be unwrapped with.
    public Mono<Set<String>> keyIds() {
        return reported(Flux.fromIterable(all)
                .concatMap(KeyEncryptionKeys::keyIds)
                .flatMapIterable(ids -> ids)
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /// Whether this vault has that key.
    public Mono<Boolean> has(String keyId) {
        return reported(
                Mono.justOrEmpty(of(keyId)).flatMap(keys -> keys.has(keyId)).defaultIfEmpty(false));
    }

    /// Whether [#removeKey] removes that key; others are removed where they are kept.
    public boolean removesKeys(String keyId) {
        return of(keyId).filter(KeyEncryptionKeys::removesKeys).isPresent();
    }

    /// A new data key, wrapped by the current key. It is the caller's to destroy.
    Mono<NewKey> newKey() {
        return reported(Mono.defer(() -> {
            var key = DataKey.generate();
            return primary.wrap(key)
                    .doOnNext(wrapped -> remember(wrapped, key))
                    .map(wrapped -> new NewKey(key, wrapped))
                    .doOnError(_ -> key.destroy());
        }));
    }

    record NewKey(DataKey key, WrappedKey wrapped) {}

    /// The data key, which is the caller's to destroy.
    Mono<DataKey> unwrap(WrappedKey wrapped) {
        return Mono.defer(() -> {
            var known = cache.get(wrapped);
            return known.isPresent()
                    ? Mono.just(known.get())
                    : reported(owner(wrapped)
                            .flatMap(keys -> keys.unwrap(wrapped))
                            .doOnNext(key -> remember(wrapped, key)));
        });
    }

    /// The same data key, wrapped by the current key.
    public Mono<WrappedKey> rewrap(WrappedKey wrapped) {
        return reported(owner(wrapped)
                .flatMap(keys -> keys.provider().equals(primary.provider())
                        ? primary.rewrap(wrapped)
                        : Mono.usingWhen(keys.unwrap(wrapped), primary::wrap, key -> Mono.fromRunnable(key::destroy))));
    }

    /// Makes a new key, which is the current one from then on, and emits its id.
    public Mono<String> makeKey() {
        return reported(primary.makeKey());
    }

    /// Destroys a key that is not the current one, and forgets what was unwrapped.
    public Mono<Void> removeKey(String keyId) {
        return reported(Mono.justOrEmpty(of(keyId))
                .flatMap(keys -> keys.removeKey(keyId))
                .doOnSuccess(_ -> cache.clear()));
    }

    @PreDestroy
    void close() {
        cache.clear();
    }

    private void remember(WrappedKey wrapped, DataKey key) {
        if (caching) {
            cache.put(wrapped, key);
        }
    }

    private Mono<KeyEncryptionKeys> owner(WrappedKey wrapped) {
        return Mono.justOrEmpty(of(wrapped.keyId()))
                .switchIfEmpty(Mono.error(() -> new NotDecryptable(NotDecryptable.Reason.UNKNOWN_KEY)));
    }

    private Optional<KeyEncryptionKeys> of(String keyId) {
        return all.stream().filter(keys -> keys.reads(keyId)).findFirst();
    }

    /// What went wrong with the keys is the operator's to know: once, not for each request meanwhile.
    private <T> Mono<T> reported(Mono<T> work) {
        return work.doOnSuccess(_ -> {
                    if (away.compareAndSet(true, false)) {
                        log.info("The keys can be used again");
                    }
                })
                .doOnError(KeysUnavailable.class, fault -> {
                    if (away.compareAndSet(false, true)) {
                        log.warn("The keys cannot be used: {}", fault.reason());
                    }
                });
    }
}
