package dev.behalf.authz.grant;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How long what people allow lasts.
///
/// @param lifetime  how long a grant lasts unless the person chose less: one hour to two years
/// @param idle      a refresh token that is not used for so long expires: five minutes to the lifetime
/// @param grace     for so long after its use, a refresh token may be shown again and gets the same successor:
///                  none to 60 seconds
/// @param maxDepth  how many agents may act one after the other: 1 to 8
/// @param maxDelegations how many delegations of one grant may be alive at once: 1 to 10,000
@Context
@ConfigurationProperties("behalf.authz.grant")
public record GrantSettings(
        @Bindable(defaultValue = "90d") Duration lifetime,
        @Bindable(defaultValue = "30d") Duration idle,
        @Bindable(defaultValue = "30s") Duration grace,
        @Bindable(defaultValue = "4") int maxDepth,
        @Bindable(defaultValue = "100") int maxDelegations) {

    public GrantSettings {
        within("lifetime", lifetime, Duration.ofHours(1), Duration.ofDays(732));
        within("idle", idle, Duration.ofMinutes(5), lifetime);
        within("grace", grace, Duration.ZERO, Duration.ofSeconds(60));
        if (maxDepth < 1 || maxDepth > 8) {
            throw new IllegalArgumentException("behalf.authz.grant.max-depth must be from 1 to 8, but is " + maxDepth);
        }
        if (maxDelegations < 1 || maxDelegations > 10_000) {
            throw new IllegalArgumentException(
                    "behalf.authz.grant.max-delegations must be from 1 to 10000, but is " + maxDelegations);
        }
    }

    private static void within(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.grant." + name + " must be from " + least + " to " + most + ", but is " + value);
        }
    }
}
