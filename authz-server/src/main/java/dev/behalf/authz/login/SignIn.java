package dev.behalf.authz.login;

import dev.behalf.authz.page.PagePath;
import dev.behalf.kernel.page.PageHeaders;
import io.micronaut.http.HttpResponse;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Sends people to the sign-in page.
@Singleton
public final class SignIn {

    private static final int MAX_HINT = 255;
    private static final Pattern LOCALES = Pattern.compile("[?&](ui_locales=[A-Za-z0-9+%-]{1,100})(&|$)");

    /// Redirects (303) to the sign-in page, which comes back to that page.
    ///
    /// @param page      path and query of the page to come back to, one of our own
    /// @param loginHint who is expected to sign in, put into the form; or null
    /// @param again     the person must prove who they are even when they are signed in
    public HttpResponse<byte[]> redirect(String page, @Nullable String loginHint, boolean again) {
        var to = new StringBuilder(PagePath.signIn(page, again));
        if (loginHint != null && !loginHint.isEmpty() && loginHint.length() <= MAX_HINT) {
            to.append("&hint=").append(PagePath.encode(loginHint));
        }
        var locales = LOCALES.matcher(page);
        if (locales.find()) {
            to.append('&').append(locales.group(1));
        }
        return PageHeaders.discreet(HttpResponse.seeOther(URI.create(to.toString())));
    }
}
