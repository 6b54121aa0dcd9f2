package dev.behalf.gateway.route;

/// Who may use a route.
public enum Access {
    /// Anybody. Identity headers are removed all the same.
    OPEN,
    /// Whoever shows a user's token.
    USER
}
