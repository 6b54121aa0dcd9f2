package dev.behalf.authz.login;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.account.AccountLifecycle;
import dev.behalf.kernel.page.HostCookie;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.cookie.Cookie;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import reactor.core.publisher.Mono;

/// Knows browsers again in which somebody signed in to an account, so that what strangers try on the account
/// does not count against its owner. Such a browser is let nothing through: it still needs the password.
@Singleton
final class KnownBrowsers implements AccountLifecycle {

    static final Duration REMEMBERED = Duration.ofDays(365);

    private static final HostCookie COOKIE = new HostCookie("__Host-behalf-known", REMEMBERED);

    private final KnownBrowserTable table;
    private final Clock clock;

    KnownBrowsers(KnownBrowserTable table, Clock clock) {
        this.table = table;
        this.clock = clock;
    }

    /// Whether somebody signed in to the account in this browser.
    Mono<Boolean> knows(HttpRequest<?> request, Account account) {
        return Mono.justOrEmpty(COOKIE.of(request))
                .flatMap(value -> table.knows(Sha256.of(value), account.id()))
                .defaultIfEmpty(false);
    }

    /// The digest by which the browser is known, if it has one.
    static String name(HttpRequest<?> request) {
        return COOKIE.of(request).map(value -> Sha256.of(value).hex()).orElse("");
    }

    /// Remembers that somebody did.
    ///
    /// @return the cookie to set
    Mono<Cookie> remember(HttpRequest<?> request, Account account) {
        return Mono.defer(() -> {
            var value = COOKIE.of(request).map(Secret::of).orElseGet(Secret::random);
            var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            return table.remember(Sha256.of(value.reveal()), account.id(), now).thenReturn(COOKIE.set(value));
        });
    }

    @Override
    public Mono<Void> ended(Connection connection, String accountId, String reason) {
        return KnownBrowserTable.forgetAll(connection, accountId).then();
    }

    /// Who knew the old password may have signed in with it.
    @Override
    public Mono<Void> passwordReplaced(Connection connection, String accountId) {
        return KnownBrowserTable.forgetAll(connection, accountId).then();
    }
}
