package dev.behalf.vault.session;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How long people stay signed in at the vault's pages. It is short, because the authorization server then
/// signs them in anew without asking, as long as they are signed in there: whoever was signed out or disabled
/// there is out here no later than that.
///
/// @param idle     without opening a page
/// @param absolute whatever they do
@Context
@ConfigurationProperties("behalf.vault.sessions")
record SessionSettings(
        @Bindable(defaultValue = "15m") Duration idle,
        @Bindable(defaultValue = "30m") Duration absolute) {

    private static final Duration LEAST = Duration.ofMinutes(1);
    private static final Duration MOST = Duration.ofHours(12);

    SessionSettings {
        if (idle.compareTo(LEAST) < 0 || absolute.compareTo(idle) < 0 || absolute.compareTo(MOST) > 0) {
            throw new IllegalArgumentException("behalf.vault.sessions must have 1m <= idle <= absolute <= 12h, but are "
                    + idle + " and " + absolute);
        }
    }
}
