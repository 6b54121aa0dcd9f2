package dev.behalf.vault.refresh;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How tokens are refreshed.
///
/// @param lease       how long a replica may take to ask the provider and store the answer, before another
///                    tries; longer than a call to a provider may take
/// @param waitAtMost  how long a request waits for a refresh before it is told to come again
/// @param lookEvery   how often is looked whether another replica has refreshed
/// @param retryAfter  the first pause after a refresh that failed for a passing reason; doubled each time, up
///                    to an hour
/// @param persistFor  how long is tried to store what a provider gave while the database or the keys are away
@ConfigurationProperties("behalf.vault.refresh")
record RefreshSettings(
        @Bindable(defaultValue = "45s") Duration lease,
        @Bindable(defaultValue = "25s") Duration waitAtMost,
        @Bindable(defaultValue = "100ms") Duration lookEvery,
        @Bindable(defaultValue = "5s") Duration retryAfter,
        @Bindable(defaultValue = "10m") Duration persistFor) {

    private static final Duration MOST_PAUSE = Duration.ofHours(1);

    RefreshSettings {
        if (lease.compareTo(Duration.ofSeconds(1)) < 0 || lookEvery.toMillis() < 10 || retryAfter.toMillis() < 10) {
            throw new IllegalArgumentException(
                    "behalf.vault.refresh: lease must be 1s or more, lookEvery and retryAfter" + " 10ms or more");
        }
    }

    /// The pause after so many failures in a row, without jitter.
    Duration pause(int failures) {
        var pause = retryAfter.multipliedBy(1L << Math.min(failures, 10));
        return pause.compareTo(MOST_PAUSE) < 0 ? pause : MOST_PAUSE;
    }
}
