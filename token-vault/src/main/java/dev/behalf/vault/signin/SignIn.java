package dev.behalf.vault.signin;

import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.page.HostCookie;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.page.Pages;
import dev.behalf.vault.page.Site;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;

/// Sends people to the authorization server to sign in, where whoever is signed in already is sent back at
/// once.
@Singleton
public final class SignIn {

    /// Where they come back, at the issuer: the one redirect URI of the client.
    static final String CALLBACK = Site.CONNECTIONS + "/signed-in";

    private static final HostCookie BROWSER = new HostCookie("__Host-behalf-connections-browser", Duration.ZERO);

    private final OAuthSettings settings;
    private final Site site;
    private final Clock clock;

    SignIn(OAuthSettings settings, Site site, Clock clock) {
        this.settings = settings;
        this.site = site;
        this.clock = clock;
    }

    /// The way to the authorization server and back to the page (OpenID Connect Core §3.1.2.1).
    ///
    /// @param page one of our own; anything else counts as [Site#CONNECTIONS]
    public HttpResponse<byte[]> redirect(HttpRequest<?> request, String page) {
        var browser = browser(request).orElseGet(Secret::random);
        var attempt = Attempt.begin(browser, Site.toComeBackTo(page), clock.instant());
        var challenge = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(attempt.verifier()).bytes());
        var query = "response_type=code&scope=openid%20profile&client_id=" + Site.encoded(settings.client())
                + "&redirect_uri=" + Site.encoded(site.url(CALLBACK))
                + "&state=" + attempt.state()
                + "&nonce=" + attempt.nonce()
                + "&code_challenge=" + challenge
                + "&code_challenge_method=S256";
        return Pages.goTo(URI.create(site.url("/oauth/authorize?" + query))).cookie(BROWSER.set(browser));
    }

    /// What the browser keeps from before it was signed in: what begins in it must end in it.
    public static Optional<Secret> browser(HttpRequest<?> request) {
        return BROWSER.of(request).map(Secret::of);
    }
}
