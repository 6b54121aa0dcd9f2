package dev.behalf.authz.login;

import io.micronaut.http.HttpResponse;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/// Sends people to the sign-in page.
@Singleton
public final class SignIn {

    /// Redirects (303) to the sign-in page, which comes back to that page.
    ///
    /// @param page      path and query of the page to come back to, one of our own
    /// @param loginHint who is expected to sign in, put into the form; or null
    /// @param again     the person must prove who they are even when they are signed in
    public HttpResponse<byte[]> redirect(String page, @Nullable String loginHint, boolean again) {
        return HttpResponse.seeOther(java.net.URI.create("/login?continue=" + page + loginHint + again));
    }
}
