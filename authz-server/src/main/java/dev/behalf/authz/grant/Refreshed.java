package dev.behalf.authz.grant;

import dev.behalf.kernel.secret.Secret;

/// What comes of showing a refresh token.
public sealed interface Refreshed {

    /// It was good.
    ///
    /// @param refreshToken the token to use from now on
    record Renewed(Grant grant, Secret refreshToken) implements Refreshed {}

    /// Clients see `invalid_grant` for all of these (RFC 6749 §5.2); the audit log sees which.
    enum Refused implements Refreshed {
        /// No such token was ever given out, or its grant is long over.
        UNKNOWN,
        /// It was given to another client.
        OTHER_CLIENT,
        /// Its grant was revoked.
        REVOKED,
        /// It was not used for too long, or its grant is over.
        EXPIRED,
        /// It was used before, and not just now: somebody has a copy. All of its family is revoked.
        REUSED
    }
}
