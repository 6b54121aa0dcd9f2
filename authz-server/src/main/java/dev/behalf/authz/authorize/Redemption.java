package dev.behalf.authz.authorize;

/// What comes of showing a code at the token endpoint.
public sealed interface Redemption {

    /// It was good, and is used up now.
    record Redeemed(AuthorizationCode code) implements Redemption {}

    /// It was redeemed before: what it gave is to be revoked (RFC 6749 §4.1.2).
    record Replayed(String gid) implements Redemption {}

    /// Clients see `invalid_grant` for all of these (RFC 6749 §5.2); the audit log sees which.
    enum Refused implements Redemption {
        UNKNOWN,
        EXPIRED,
        OTHER_REDIRECT_URI,
        WRONG_VERIFIER
    }
}
