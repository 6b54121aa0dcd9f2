package dev.behalf.vault.crypto.local;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The keys of a keystore, the oldest first; the primary one wraps.
record LocalKeyRing(String primary, Map<String, LocalKey> keys) {

    static LocalKeyRing first() {
        var key = LocalKey.generate();
        return of(key.id(), List.of(key));
    }

    /// @throws IllegalArgumentException when the primary is not among them, or one is there twice
    static LocalKeyRing of(String primary, List<LocalKey> keys) {
        var byId = new LinkedHashMap<String, LocalKey>();
        for (var key : keys) {
            if (byId.put(key.id(), key) != null) {
                throw new IllegalArgumentException("the key " + key.id() + " is there twice");
            }
        }
        if (!byId.containsKey(primary)) {
            throw new IllegalArgumentException("the primary key is missing");
        }
        return new LocalKeyRing(primary, Collections.unmodifiableMap(byId));
    }

    LocalKey primaryKey() {
        return java.util.Objects.requireNonNull(keys.get(primary));
    }

    /// With a new key, which is the primary one.
    LocalKeyRing withNewKey() {
        var key = LocalKey.generate();
        var all = new LinkedHashMap<>(keys);
        all.put(key.id(), key);
        return new LocalKeyRing(key.id(), Collections.unmodifiableMap(all));
    }

    LocalKeyRing without(String keyId) {
        var all = new LinkedHashMap<>(keys);
        all.remove(keyId);
        return new LocalKeyRing(primary, Collections.unmodifiableMap(all));
    }
}
