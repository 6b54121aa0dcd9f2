package dev.behalf.validator.jwks;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How key sets are read and kept.
///
/// @param checkEvery       how often it is looked which sets are to be read again
/// @param refreshEvery     a set is read again when it is this old, or earlier where `Cache-Control: max-age` says so
/// @param refreshAtLeast   but not before it is this old, whatever `max-age` says
/// @param staleFor         how old the last good set may get while reading it fails; then its tokens are not judged
/// @param unknownKeyBurst  how many readings unknown key ids may cause at once
/// @param unknownKeyEvery  and how often one more after that
/// @param maxBackoff       the longest pause between readings that fail
/// @param deadline         for one reading, from looking up the name to the last byte
/// @param maxBytes         the largest key set
@ConfigurationProperties("behalf.validator.jwks")
record JwksSettings(
        @Bindable(defaultValue = "5s") Duration checkEvery,
        @Bindable(defaultValue = "60s") Duration refreshEvery,
        @Bindable(defaultValue = "10s") Duration refreshAtLeast,
        @Bindable(defaultValue = "1h") Duration staleFor,
        @Bindable(defaultValue = "2") int unknownKeyBurst,
        @Bindable(defaultValue = "10s") Duration unknownKeyEvery,
        @Bindable(defaultValue = "10s") Duration maxBackoff,
        @Bindable(defaultValue = "3s") Duration deadline,
        @Bindable(defaultValue = "524288") int maxBytes) {
    JwksSettings {
        positive("check-every", checkEvery);
        positive("refresh-at-least", refreshAtLeast);
        positive("unknown-key-every", unknownKeyEvery);
        positive("max-backoff", maxBackoff);
        positive("deadline", deadline);
        if (refreshEvery.compareTo(refreshAtLeast) < 0) {
            throw new IllegalArgumentException(
                    "behalf.validator.jwks.refresh-every must not be shorter than refresh-at-least");
        }
        if (staleFor.compareTo(refreshEvery) < 0) {
            throw new IllegalArgumentException(
                    "behalf.validator.jwks.stale-for must not be shorter than refresh-every");
        }
        if (unknownKeyBurst < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "behalf.validator.jwks.unknown-key-burst and max-bytes must be positive");
        }
    }

    private static void positive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException("behalf.validator.jwks." + name + " must be positive");
        }
    }
}
