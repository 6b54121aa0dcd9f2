package dev.behalf.authz.session;

import dev.behalf.kernel.oauth.OAuthSettings;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.net.URI;

/// Tells a form of our own pages from one of another site, by what browsers say of where it was: `Sec-Fetch-Site`
/// (W3C Fetch Metadata) and `Origin` (RFC 6454). A browser that says neither is not refused for that: every form has
/// a token besides.
@Singleton
public final class OwnPages {

    private final String origin;

    OwnPages(OAuthSettings settings) {
        var issuer = URI.create(settings.issuer());
        this.origin = issuer.getScheme() + "://" + issuer.getRawAuthority();
    }

    /// Whether nothing in the request says that it comes from elsewhere.
    public boolean sent(HttpRequest<?> request) {
        var headers = request.getHeaders();
        return headers.getAll("Origin").stream().allMatch(origin::equals)
                && headers.getAll("Sec-Fetch-Site").stream().allMatch("same-origin"::equals);
    }
}
