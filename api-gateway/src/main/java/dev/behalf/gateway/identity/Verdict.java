package dev.behalf.gateway.identity;

import dev.behalf.kernel.provider.Providers;
import dev.behalf.kernel.revocation.Revocations;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the validator said of a token for a host, and when.
public sealed interface Verdict {

    /// It proves a user.
    sealed interface Good extends Verdict {
        String userId();

        /// Milliseconds since 1970.
        long expiresAt();

        /// Of the gateway's monotonic clock, in nanoseconds.
        long saidAt();
    }

    /// An identity provider vouches for it.
    ///
    /// @param provider  key of the provider, at that revision
    /// @param expiresAt milliseconds since 1970
    /// @param saidAt    of the gateway's monotonic clock, in nanoseconds
    record Accepted(String userId, String provider, long revision, long expiresAt, long saidAt) implements Good {}

    /// It is one of our own access tokens: somebody acts for the user.
    ///
    /// @param subject   the user by the `sub` that never changes; null: a validator that does not say it judged
    /// @param clientId  whom it was issued to
    /// @param actor     who acts; null: the client itself
    /// @param scopes    what it allows
    /// @param grant     what the user granted; null: nothing
    /// @param tokenId   its own id
    /// @param issuedAt  seconds since 1970
    /// @param expiresAt milliseconds since 1970
    /// @param saidAt    of the gateway's monotonic clock, in nanoseconds
    record Delegated(
            String userId,
            @Nullable String subject,
            String clientId,
            @Nullable String actor,
            Set<String> scopes,
            @Nullable String grant,
            String tokenId,
            long issuedAt,
            long expiresAt,
            long saidAt)
            implements Good {

        public Delegated {
            scopes = Set.copyOf(scopes);
        }

        boolean isRevoked(Revocations revocations) {
            return revocations.cover(grant, tokenId, clientId, issuedAt);
        }
    }

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
