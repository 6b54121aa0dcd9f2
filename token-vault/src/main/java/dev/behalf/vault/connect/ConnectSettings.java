package dev.behalf.vault.connect;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;

/// How accounts are connected.
///
/// @param redirectUris where a provider may send users back to: the callbacks of the apps that host one, each
///                     exactly as registered at the provider
/// @param within       how long a user may take, ten minutes at most
/// @param mostBegun    how many may be begun by one user at a time
@ConfigurationProperties("behalf.vault.connect")
record ConnectSettings(
        @Bindable(defaultValue = "") List<String> redirectUris,
        @Bindable(defaultValue = "10m") Duration within,
        @Bindable(defaultValue = "20") int mostBegun) {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    ConnectSettings {
        redirectUris = List.copyOf(redirectUris);
        if (!within.isPositive() || within.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("behalf.vault.connect.within must be more than nothing and 10m at most");
        }
    }
}
