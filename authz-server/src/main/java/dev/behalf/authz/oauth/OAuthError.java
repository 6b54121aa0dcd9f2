package dev.behalf.authz.oauth;

import io.micronaut.http.HttpStatus;

/// Ends a request to an OAuth endpoint with an error of RFC 6749 §5.2. The description is for developers and quotes
/// nothing.
public final class OAuthError extends RuntimeException {

    private final HttpStatus status;
    private final String error;
    private final boolean challenge;

    private OAuthError(HttpStatus status, String error, String description, boolean challenge) {
        super(description, null, false, false);
        this.status = status;
        this.error = error;
        this.challenge = challenge;
    }

    /// A 400 with that `error` code.
    public static OAuthError of(String error, String description) {
        return new OAuthError(HttpStatus.BAD_REQUEST, error, description, false);
    }

    /// Client authentication failed: 401, with the scheme that is understood (RFC 6749 §5.2).
    public static OAuthError invalidClient() {
        return new OAuthError(HttpStatus.UNAUTHORIZED, "invalid_client", "client authentication failed", true);
    }

    public HttpStatus status() {
        return status;
    }

    /// The `error` code.
    public String error() {
        return error;
    }

    boolean challenge() {
        return challenge;
    }
}
