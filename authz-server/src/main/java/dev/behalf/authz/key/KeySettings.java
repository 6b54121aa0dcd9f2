package dev.behalf.authz.key;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How signing keys live.
///
/// @param encryptionKey seals the private keys in the database: at least 32 characters of high entropy; never printed
/// @param rotateEvery   a new key is made when the newest is this old
/// @param publishBefore a new key is published this long before it signs, so that every verifier has read it by then
/// @param keepFor       a key stays published this long after it stopped signing: longer than any token lives
@Context
@ConfigurationProperties("behalf.authz.keys")
record KeySettings(
        String encryptionKey,
        @Bindable(defaultValue = "30d") Duration rotateEvery,
        @Bindable(defaultValue = "10m") Duration publishBefore,
        @Bindable(defaultValue = "1d") Duration keepFor) {
    KeySettings {
        if (rotateEvery.compareTo(publishBefore) <= 0) {
            throw new IllegalArgumentException("behalf.authz.keys.rotate-every must be longer than publish-before");
        }
    }

    @Override
    public String toString() {
        return "KeySettings[rotateEvery=" + rotateEvery + "]";
    }
}
