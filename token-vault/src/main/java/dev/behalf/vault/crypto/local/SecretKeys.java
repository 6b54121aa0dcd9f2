package dev.behalf.vault.crypto.local;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.crypto.WrappedKey;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// The provider `secret`: keys that the deployment hands to each replica, as it does with other secrets.
@Singleton
@Requires(beans = SecretKeySettings.class)
final class SecretKeys implements KeyEncryptionKeys {

    private final LocalKey current;
    private final Map<String, LocalKey> all = new LinkedHashMap<>();

    SecretKeys(SecretKeySettings settings) {
        this.current = LocalKey.ofSecret(Secret.of(settings.key()));
        all.put(current.id(), current);
        for (var secret : settings.others()) {
            var key = LocalKey.ofSecret(Secret.of(secret));
            all.put(key.id(), key);
        }
    }

    @Override
    public String provider() {
        return "secret";
    }

    @Override
    public boolean reads(String keyId) {
        return all.containsKey(keyId);
    }

    @Override
    public Mono<String> currentKeyId() {
        return Mono.just(current.id());
    }

    @Override
    public Mono<List<String>> keyIds() {
        return Mono.just(List.copyOf(all.keySet()));
    }

    @Override
    public Mono<WrappedKey> wrap(DataKey key) {
        return Mono.fromSupplier(() -> current.wrap(key));
    }

    @Override
    public Mono<DataKey> unwrap(WrappedKey wrapped) {
        return Mono.fromSupplier(() -> {
            var key = all.get(wrapped.keyId());
            if (key == null) {
                throw new NotDecryptable(NotDecryptable.Reason.UNKNOWN_KEY);
            }
            try {
                return key.unwrap(wrapped);
            } catch (NotDecryptable e) {
                throw new NotDecryptable(NotDecryptable.Reason.NOT_WRAPPED_BY_THIS_KEY);
            }
        });
    }
}
