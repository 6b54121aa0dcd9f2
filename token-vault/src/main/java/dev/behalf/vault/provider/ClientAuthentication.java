package dev.behalf.vault.provider;

/// How the client shows its secret (RFC 6749 §2.3.1).
public enum ClientAuthentication {
    /// In the `Authorization` header.
    BASIC,
    /// As `client_id` and `client_secret` in the body.
    BODY,
    /// Not at all; `client_id` is in the body.
    NONE
}
