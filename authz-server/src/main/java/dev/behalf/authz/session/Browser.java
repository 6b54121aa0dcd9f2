package dev.behalf.authz.session;

import dev.behalf.authz.page.PageError;
import dev.behalf.kernel.page.HostCookie;
import dev.behalf.kernel.page.OwnPages;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.time.Duration;

/// A browser before anybody is signed in: it keeps a random value, and the forms that it shows must come back
/// from it, so that nobody can be signed in to another's account without noticing (RFC 9700 §4.7.1 in the
/// small).
@Singleton
public final class Browser {

    private static final HostCookie COOKIE = new HostCookie("__Host-behalf-browser", Duration.ZERO);

    private final OwnPages ownPages;

    Browser(OwnPages ownPages) {
        this.ownPages = ownPages;
    }

    /// The value that the browser keeps, or a new one.
    public Secret of(HttpRequest<?> request) {
        return COOKIE.of(request).map(Secret::of).orElseGet(Secret::random);
    }

    /// Lets the browser keep it.
    public <T> MutableHttpResponse<T> keep(MutableHttpResponse<T> response, Secret browser) {
        return response.cookie(COOKIE.set(browser));
    }

    /// What forms for that browser must send back as `csrf`.
    public static String csrf(Secret browser) {
        return Sha256.of("sign-in csrf " + browser.reveal()).hex();
    }

    /// The browser that sends this form, one of ours.
    ///
    /// @return nothing when it did not keep its value, or kept another than the form was made for
    /// @throws PageError 403 when another site sent it
    public java.util.Optional<Secret> sender(HttpRequest<?> request, String csrf) {
        if (!ownPages.sent(request)) {
            throw PageError.of(HttpStatus.FORBIDDEN, "error.foreign-form");
        }
        return COOKIE.of(request)
                .map(Secret::of)
                .filter(browser -> Sha256.of(csrf(browser)).equals(Sha256.of(csrf)));
    }
}
