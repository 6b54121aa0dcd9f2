package dev.behalf.authz.login;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.account.Password;
import dev.behalf.authz.account.Passwords;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.cookie.Cookie;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Checks a password that somebody typed, as often as they may try.
@Singleton
public final class PasswordProof {

    private final Throttle throttle;
    private final Passwords passwords;
    private final KnownBrowsers browsers;

    PasswordProof(Throttle throttle, Passwords passwords, KnownBrowsers browsers) {
        this.throttle = throttle;
        this.passwords = passwords;
        this.browsers = browsers;
    }

    /// The account if it is its password; nothing when it is not, or there is no such account, or it is
    /// disabled. Fails with [dev.behalf.authz.page.PageError] 429 when it was tried too often.
    public Mono<Account> check(HttpRequest<?> request, String username, Password typed) {
        return throttle.take(request, username)
                .flatMap(attempt -> passwords
                        .check(username, typed, attempt.knownBrowser())
                        .flatMap(account -> throttle.succeeded(attempt).thenReturn(account)));
    }

    /// Remembers that somebody signed in to the account in this browser.
    ///
    /// @return the cookie to set
    public Mono<Cookie> remember(HttpRequest<?> request, Account account) {
        return browsers.remember(request, account);
    }
}
