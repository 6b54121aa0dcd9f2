package dev.behalf.authz.key;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How signing keys live.
///
/// @param encryptionKey seals the private keys in the database: at least 32 characters of high entropy; never printed
/// @param rotateEvery   a new key is made when the newest is this old; longer than `publishBefore`, one year at most
/// @param publishBefore a new key is published this long before it signs, so that every verifier has read it by then:
///                      one minute, for which the key set may be cached, to one day
/// @param keepFor       a key stays published this long after it stopped signing: one hour, the longest that a token
///                      lives, to one year
@Context
@ConfigurationProperties("behalf.authz.keys")
record KeySettings(
        String encryptionKey,
        @Bindable(defaultValue = "30d") Duration rotateEvery,
        @Bindable(defaultValue = "10m") Duration publishBefore,
        @Bindable(defaultValue = "1d") Duration keepFor) {

    private static final int MIN_KEY_LENGTH = 32;

    /// How many keys of each algorithm may be published at once; a verifier reads sets of 100 at most.
    private static final int MOST_KEYS = 33;

    private static final Duration YEAR = Duration.ofDays(366);

    KeySettings {
        if (encryptionKey.length() < MIN_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "behalf.authz.keys.encryption-key must have at least " + MIN_KEY_LENGTH + " characters");
        }
        within("publish-before", publishBefore, Duration.ofMinutes(1), Duration.ofDays(1));
        within("keep-for", keepFor, Duration.ofHours(1), YEAR);
        within("rotate-every", rotateEvery, publishBefore.plusSeconds(1), YEAR);
        if (publishBefore.plus(keepFor).dividedBy(rotateEvery) + 2 > MOST_KEYS) {
            throw new IllegalArgumentException(
                    "behalf.authz.keys.rotate-every is too short for keep-for: there would be" + " more than "
                            + MOST_KEYS + " keys of each algorithm at once");
        }
    }

    private static void within(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.keys." + name + " must be from " + least + " to " + most + ", but is " + value);
        }
    }

    @Override
    public String toString() {
        return "KeySettings[rotateEvery=" + rotateEvery + "]";
    }
}
