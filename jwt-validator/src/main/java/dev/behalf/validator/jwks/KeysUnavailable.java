package dev.behalf.validator.jwks;

import java.time.Duration;

/// The issuer's keys cannot be had now: they have never been read, or too long ago. Not a word about the token.
public final class KeysUnavailable extends RuntimeException {

    private final Duration retryAfter;

    KeysUnavailable(String why, Duration retryAfter) {
        super(why, null, false, false);
        this.retryAfter = retryAfter;
    }

    /// When asking again makes sense.
    public Duration retryAfter() {
        return retryAfter;
    }
}
