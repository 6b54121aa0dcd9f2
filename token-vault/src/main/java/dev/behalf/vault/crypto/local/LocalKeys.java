package dev.behalf.vault.crypto.local;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.crypto.WrappedKey;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpStatus;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The provider `local`: keys in a file that all replicas on the machine share. Wrapping always looks whether
/// the file was changed; unwrapping does when it does not know a key.
@Singleton
@Requires(beans = LocalKeySettings.class)
final class LocalKeys implements KeyEncryptionKeys {

    private static final Logger log = LoggerFactory.getLogger(LocalKeys.class);

    private final KeyFile file;
    private final Scheduler disk = Schedulers.newBoundedElastic(2, 1_000, "vault-keystore");
    private volatile Known known;

    /// @param stamp of the file before it was read: when it was replaced meanwhile, it is read again
    private record Known(LocalKeyRing ring, Object stamp) {}

    LocalKeys(LocalKeySettings settings) throws IOException {
        this.file = new KeyFile(settings.keystore());
        var _ = file.readOrCreate();
        this.known = read(file);
    }

    @Override
    public String provider() {
        return "local";
    }

    @Override
    public boolean reads(String keyId) {
        return keyId.startsWith(LocalKey.PREFIX);
    }

    @Override
    public Mono<Boolean> has(String keyId) {
        return keyIds().map(ids -> ids.contains(keyId));
    }

    @Override
    public Mono<String> currentKeyId() {
        return onDisk(() -> upToDate().primary());
    }

    @Override
    public Mono<List<String>> keyIds() {
        return onDisk(() -> List.copyOf(upToDate().keys().keySet()));
    }

    @Override
    public Mono<WrappedKey> wrap(DataKey key) {
        return onDisk(() -> upToDate().primaryKey().wrap(key));
    }

    @Override
    public Mono<DataKey> unwrap(WrappedKey wrapped) {
        return Mono.defer(() -> {
            var key = known.ring.keys().get(wrapped.keyId());
            return key != null
                    ? Mono.just(unwrap(key, wrapped))
                    : onDisk(() -> {
                        var found = upToDate().keys().get(wrapped.keyId());
                        if (found == null) {
                            throw new NotDecryptable(NotDecryptable.Reason.UNKNOWN_KEY);
                        }
                        return unwrap(found, wrapped);
                    });
        });
    }

    private static DataKey unwrap(LocalKey key, WrappedKey wrapped) {
        try {
            return key.unwrap(wrapped);
        } catch (NotDecryptable e) {
            throw new NotDecryptable(NotDecryptable.Reason.NOT_WRAPPED_BY_THIS_KEY);
        }
    }

    @Override
    public Mono<String> makeKey() {
        return onDisk(() -> file.change(LocalKeyRing::withNewKey).primary());
    }

    @Override
    public boolean removesKeys() {
        return true;
    }

    @Override
    public Mono<Void> removeKey(String keyId) {
        return onDisk(() -> {
                    var _ = file.change(ring -> {
                        if (ring.primary().equals(keyId)) {
                            throw new ProblemException(HttpStatus.CONFLICT, "the current key cannot be removed");
                        }
                        return ring.without(keyId);
                    });
                    return upToDate(); // what was removed is forgotten at once
                })
                .then();
    }

    @PreDestroy
    void close() {
        disk.dispose();
    }

    private LocalKeyRing upToDate() throws IOException {
        var last = known;
        return last.stamp.equals(file.stamp()) ? last.ring : reread();
    }

    private LocalKeyRing reread() throws IOException {
        var fresh = read(file);
        known = fresh;
        return fresh.ring;
    }

    private static Known read(KeyFile file) throws IOException {
        var stamp = file.stamp();
        return new Known(file.read(), stamp);
    }

    private <T> Mono<T> onDisk(Callable<T> work) {
        return Mono.fromCallable(work)
                .subscribeOn(disk)
                .onErrorMap(
                        fault -> fault instanceof IOException
                                || fault instanceof UncheckedIOException
                                || fault instanceof IllegalStateException
                                || fault instanceof java.util.concurrent.RejectedExecutionException,
                        fault -> {
                            log.error("The keystore cannot be used: {}", fault.toString());
                            return new KeysUnavailable("the keystore cannot be used");
                        });
    }
}
