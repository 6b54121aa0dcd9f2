package dev.behalf.validator.judge;

import dev.behalf.kernel.provider.ProviderState;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a token is worth for a host.
public sealed interface Verdict {

    /// It proves a user.
    ///
    /// @param userId    the user, as the upstream will see it: printable ASCII
    /// @param provider  the key of the provider that vouches
    /// @param revision  of that provider, when the verdict was reached
    /// @param expiresAt from this instant on the token is worth nothing; clock skew is included
    record Accepted(String userId, String issuer, String provider, long revision, Instant expiresAt)
            implements Verdict {}

    /// It is an access token of ours: it proves a user, and who acts for them.
    ///
    /// @param userId    the user, as the upstream will see it: printable ASCII
    /// @param subject   the user, by the `sub` that never changes
    /// @param clientId  the client that it was issued to
    /// @param scopes    what it allows
    /// @param act       who acts (RFC 8693 §4.1), the current actor outermost; empty: the client itself
    /// @param grant     what the user granted, the unit of revocation; null: nothing was
    /// @param tokenId   `jti`
    /// @param issuedAt  `iat`, in seconds since 1970
    /// @param expiresAt from this instant on it is worth nothing
    record Delegated(
            String userId,
            String subject,
            String issuer,
            String clientId,
            Set<String> scopes,
            Map<?, ?> act,
            @Nullable String grant,
            String tokenId,
            long issuedAt,
            Instant expiresAt)
            implements Verdict {}

    /// It proves nothing here.
    ///
    /// @param forbidden the token is good, its user is not allowed: 403 rather than 401
    /// @param detail    why, without a word of the token
    /// @param provider  the one that it was judged by, as it was then, if one was found
    /// @param cacheFor  for how long the same answer would be given, unless that provider changes: 1 to 60
    ///                  seconds
    record Refused(
            boolean forbidden, String detail, @Nullable ProviderState provider, Duration cacheFor) implements Verdict {}

    /// It cannot be judged now.
    ///
    /// @param retryAfter when asking again makes sense
    record Unavailable(String detail, Duration retryAfter) implements Verdict {}
}
