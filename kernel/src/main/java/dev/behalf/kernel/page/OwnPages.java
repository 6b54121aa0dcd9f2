package dev.behalf.kernel.page;

import io.micronaut.http.HttpRequest;
import java.net.URI;

/// Tells a form of our own pages from one of another site, by what browsers say of where it was:
/// `Sec-Fetch-Site` (W3C Fetch Metadata) and `Origin` (RFC 6454). A browser that says neither is not refused
/// for that: every form has a token besides.
public final class OwnPages {

    private final String origin;

    /// @param site the URL of one of them, with any path
    public OwnPages(URI site) {
        this.origin = site.getScheme() + "://" + site.getRawAuthority();
    }

    /// Whether nothing in the request says that it comes from elsewhere.
    public boolean sent(HttpRequest<?> request) {
        var headers = request.getHeaders();
        return headers.getAll("Origin").stream().allMatch(origin::equals)
                && headers.getAll("Sec-Fetch-Site").stream().allMatch("same-origin"::equals);
    }
}
