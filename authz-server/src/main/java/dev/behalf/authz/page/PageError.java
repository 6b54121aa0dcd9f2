package dev.behalf.authz.page;

import io.micronaut.http.HttpStatus;

/// Ends a request for a page with a page that says why. An expected refusal: it has no stack trace.
public final class PageError extends RuntimeException {

    private final HttpStatus status;
    private final String key;
    private final long retryAfterSeconds;

    private PageError(HttpStatus status, String key, long retryAfterSeconds) {
        super(key, null, false, false);
        this.status = status;
        this.key = key;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /// @param key of the messages, such as `error.request`
    public static PageError of(HttpStatus status, String key) {
        return new PageError(status, key, 0);
    }

    /// 429, with `Retry-After`.
    public static PageError tooMany(long retryAfterSeconds) {
        return new PageError(HttpStatus.TOO_MANY_REQUESTS, "error.too-many", Math.max(1, retryAfterSeconds));
    }

    HttpStatus status() {
        return status;
    }

    /// The key of the messages.
    public String key() {
        return key;
    }

    long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
