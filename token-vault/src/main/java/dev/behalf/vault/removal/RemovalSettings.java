package dev.behalf.vault.removal;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How the connections of a provider that is taken away end.
///
/// @param batch     how many are read at a time
/// @param parallel  how many are ended at the same time
/// @param lookEvery how often is looked for what is left over, by this replica or another
/// @param lease     how long a replica that says nothing keeps others from going on; longer than one connection
///                  takes
/// @param patience  so long after it was begun, a provider that cannot end a token now is asked again; then the
///                  token is destroyed here only
@Context
@ConfigurationProperties("behalf.vault.removal")
record RemovalSettings(
        @Bindable(defaultValue = "50") int batch,
        @Bindable(defaultValue = "8") int parallel,
        @Bindable(defaultValue = "10s") Duration lookEvery,
        @Bindable(defaultValue = "60s") Duration lease,
        @Bindable(defaultValue = "1h") Duration patience) {

    RemovalSettings {
        if (batch < 1 || batch > 5_000 || parallel < 1 || parallel > 64 || lookEvery.toMillis() < 10) {
            throw new IllegalArgumentException("behalf.vault.removal: batch must be from 1 to 5000, parallel from 1 to"
                    + " 64, and look-every 10ms or more");
        }
    }
}
