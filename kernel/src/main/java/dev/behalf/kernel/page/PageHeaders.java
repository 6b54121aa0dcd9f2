package dev.behalf.kernel.page;

import io.micronaut.http.MutableHttpResponse;

/// What every page tells the browser to keep others from doing with it.
public final class PageHeaders {

    private static final String POLICY =
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static final String NO_FEATURES = "accelerometer=(), camera=(), display-capture=(), geolocation=(),"
            + " gyroscope=(), hid=(), identity-credentials-get=(), magnetometer=(), microphone=(), midi=(), payment=(),"
            + " publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

    private PageHeaders() {}

    /// Adds them.
    ///
    /// @param leadsAway  the answer to a form of the page may redirect to another site: browsers apply
    ///                   `form-action` to that as well, and so the page cannot have it
    /// @param hasOpener  another site may have opened the page in a window of its own that it waits for, which
    ///                   `Cross-Origin-Opener-Policy` would part from it
    public static MutableHttpResponse<byte[]> strict(
            MutableHttpResponse<byte[]> page, boolean leadsAway, boolean hasOpener) {
        var headers = discreet(page)
                .header("Content-Security-Policy", leadsAway ? POLICY : POLICY + "; form-action 'self'")
                .header("X-Frame-Options", "DENY")
                .header("X-Content-Type-Options", "nosniff")
                .header("Permissions-Policy", NO_FEATURES)
                .header("Cross-Origin-Resource-Policy", "same-origin")
                .header("Vary", "Accept-Language, Cookie");
        return hasOpener ? headers : headers.header("Cross-Origin-Opener-Policy", "same-origin");
    }

    /// For redirects as well: nobody keeps them, and nobody learns where they came from. Within the server it
    /// is told: of a page that tells nobody, browsers do not even say in `Origin` that a form is its own.
    public static <T> MutableHttpResponse<T> discreet(MutableHttpResponse<T> response) {
        return response.header("Cache-Control", "no-store").header("Referrer-Policy", "same-origin");
    }
}
