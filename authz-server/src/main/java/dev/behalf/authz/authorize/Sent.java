package dev.behalf.authz.authorize;

import org.jspecify.annotations.Nullable;

/// The request is refused with an answer to the client (RFC 6749 §4.1.2.1).
final class Sent extends RuntimeException {

    private final Return to;
    private final String error;

    /// Where the answer goes.
    record Return(String redirectUri, @Nullable String state) {}

    /// @param error       the code
    /// @param description for developers; quotes nothing
    Sent(Return to, String error, String description) {
        super(description, null, false, false);
        this.to = to;
        this.error = error;
    }

    Return to() {
        return to;
    }

    String error() {
        return error;
    }
}
