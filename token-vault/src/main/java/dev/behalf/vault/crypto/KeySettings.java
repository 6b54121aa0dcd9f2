package dev.behalf.vault.crypto;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Which keys protect the vault, and for how long data keys are remembered.
///
/// @param provider     that wraps new data keys: `secret`, `local`, `transit`, `awskms` or `gcpkms`; without
///                     one the vault does not start. Others that have settings serve to read
/// @param cacheEntries how many data keys are remembered unwrapped; 0 switches that off, so that each read asks
///                     the provider
/// @param cacheFor     how long one is remembered; one hour at most
@Context
@ConfigurationProperties("behalf.vault.keys")
record KeySettings(
        @Nullable String provider,
        @Bindable(defaultValue = "10000") int cacheEntries,
        @Bindable(defaultValue = "5m") Duration cacheFor) {

    private static final int MOST_ENTRIES = 1_000_000;

    KeySettings {
        if (cacheEntries < 0 || cacheEntries > MOST_ENTRIES) {
            throw new IllegalArgumentException(
                    "behalf.vault.keys.cache-entries must be from 0 to " + MOST_ENTRIES + ", but is " + cacheEntries);
        }
        if (cacheFor.compareTo(Duration.ofSeconds(1)) < 0 || cacheFor.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("behalf.vault.keys.cache-for must be from 1s to 1h, but is " + cacheFor);
        }
    }
}
