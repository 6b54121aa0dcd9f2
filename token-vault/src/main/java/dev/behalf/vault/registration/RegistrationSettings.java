package dev.behalf.vault.registration;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How the vault registers itself.
///
/// @param clientName   for users, on the pages of authorization servers
/// @param answerWithin how long one call may take
/// @param lease        how long a replica may take for all of it, before another tries
/// @param againAfter   no registration is made anew, or given up, sooner than this after the last one
@ConfigurationProperties("behalf.vault.registration")
record RegistrationSettings(
        @Bindable(defaultValue = "Behalf") String clientName,
        @Bindable(defaultValue = "10s") Duration answerWithin,
        @Bindable(defaultValue = "60s") Duration lease,
        @Bindable(defaultValue = "10m") Duration againAfter) {

    RegistrationSettings {
        if (clientName.isBlank() || clientName.length() > 100) {
            throw new IllegalArgumentException("behalf.vault.registration.client-name must have 1 to 100 characters");
        }
        if (!answerWithin.isPositive()
                || answerWithin.compareTo(Duration.ofSeconds(20)) > 0
                || lease.compareTo(answerWithin) <= 0) {
            throw new IllegalArgumentException(
                    "behalf.vault.registration: answer-within must be at most 20s, and lease longer");
        }
    }
}
