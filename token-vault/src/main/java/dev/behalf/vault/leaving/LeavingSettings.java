package dev.behalf.vault.leaving;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How much of a user's is ended by one request; the next goes on.
///
/// @param most   connections
/// @param within no connection is begun with later than this; what was begun is waited for
/// @param atOnce connections that are ended at the same time
@Context
@ConfigurationProperties("behalf.vault.leaving")
record LeavingSettings(
        @Bindable(defaultValue = "200") int most,
        @Bindable(defaultValue = "8s") Duration within,
        @Bindable(defaultValue = "8") int atOnce) {

    LeavingSettings {
        if (most < 1 || most > 5_000 || atOnce < 1 || atOnce > 64) {
            throw new IllegalArgumentException(
                    "behalf.vault.leaving.most must be from 1 to 5000, and at-once from 1 to 64");
        }
    }
}
