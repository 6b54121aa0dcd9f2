package dev.behalf.vault.upstream;

/// A provider did not say whose account a token is for.
public final class UpstreamFailed extends RuntimeException {

    /// Why.
    public enum Kind {
        /// The provider does not accept the token.
        TOKEN_REFUSED,
        /// It accepts the token, but not for this: a scope is missing.
        FORBIDDEN,
        /// Nobody can be asked about this provider's accounts.
        NOT_SUPPORTED,
        /// No usable answer now.
        UNAVAILABLE
    }

    private final Kind kind;

    /// @param reason words of ours
    public UpstreamFailed(Kind kind, String reason) {
        super(reason, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
