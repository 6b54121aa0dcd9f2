package dev.behalf.authz.session;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How long people stay signed in.
///
/// @param idle     without opening a page
/// @param absolute whatever they do
@Context
@ConfigurationProperties("behalf.authz.sessions")
record SessionSettings(
        @Bindable(defaultValue = "12h") Duration idle,
        @Bindable(defaultValue = "7d") Duration absolute) {

    SessionSettings {
        if (idle.compareTo(Duration.ofMinutes(15)) < 0
                || absolute.compareTo(idle) < 0
                || absolute.compareTo(Duration.ofDays(90)) > 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.sessions must have 15m <= idle <= absolute <= 90d, but are " + idle + " and "
                            + absolute);
        }
    }
}
