package dev.behalf.gateway.identity;

import dev.behalf.kernel.provider.Providers;
import org.jspecify.annotations.Nullable;

/// What the validator said of a token for a host, and when.
public sealed interface Verdict {

    /// It proves a user.
    ///
    /// @param provider  key of the provider, at that revision
    /// @param expiresAt milliseconds since 1970
    /// @param saidAt    of the gateway's monotonic clock, in nanoseconds
    record Accepted(String userId, String provider, long revision, long expiresAt, long saidAt) implements Verdict {}

    /// It proves nothing here.
    ///
    /// @param provider key of the provider whose rule it is, at that revision; null: of none
    /// @param until    of the gateway's monotonic clock, in nanoseconds
    /// @param view     the providers known when it was said; any change may change the answer
    record Refused(
            boolean forbidden,
            String detail,
            @Nullable String provider,
            long revision,
            long until,
            @Nullable Providers view)
            implements Verdict {}

    /// It cannot be said now.
    record Unavailable(String detail, int retryAfterSeconds) implements Verdict {}
}
