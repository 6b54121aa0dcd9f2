package dev.behalf.vault.page;

import io.micronaut.http.HttpStatus;

/// Ends a request for a page with a page that says why, and where to go on. An expected refusal: it has no
/// stack trace.
public final class PageError extends RuntimeException {

    private final HttpStatus status;
    private final String key;
    private final String next;
    private final String label;

    private PageError(HttpStatus status, String key, String next, String label) {
        super(key, null, false, false);
        this.status = status;
        this.key = key;
        this.next = next;
        this.label = label;
    }

    /// @param key of the messages, such as `error.request`
    public static PageError of(HttpStatus status, String key) {
        return new PageError(status, key, Site.CONNECTIONS, NoticeView.TO_CONNECTIONS);
    }

    /// The same, and the way on is to try again.
    ///
    /// @param page one of our own paths
    public static PageError of(HttpStatus status, String key, String page) {
        return new PageError(status, key, page, "go.again");
    }

    HttpStatus status() {
        return status;
    }

    String key() {
        return key;
    }

    String next() {
        return next;
    }

    String label() {
        return label;
    }
}
