package dev.behalf.vault.provider;

/// What becomes of a refresh token when it is used.
public enum RefreshTokens {
    /// There are none: the user connects again when the access token ends.
    NONE,
    /// It stays good, and an answer leaves it out.
    KEPT,
    /// It is good once: a new one comes with each answer, and using an old one ends the connection.
    ROTATED
}
