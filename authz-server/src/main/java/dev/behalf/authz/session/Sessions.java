package dev.behalf.authz.session;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.account.Accounts;
import dev.behalf.kernel.page.HostCookie;
import dev.behalf.kernel.page.OwnPages;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.cookie.Cookie;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Finds sessions by their cookie, begins and ends them.
@Singleton
public final class Sessions {

    /// That a page was opened is written at most this often, so that opening one is not a write.
    private static final Duration SIGHT_IS_NOTED_EVERY = Duration.ofMinutes(5);

    private final SessionTable table;
    private final Accounts accounts;
    private final OwnPages ownPages;
    private final SessionSettings settings;
    private final Clock clock;
    private final HostCookie cookie;

    Sessions(SessionTable table, Accounts accounts, OwnPages ownPages, SessionSettings settings, Clock clock) {
        this.table = table;
        this.accounts = accounts;
        this.ownPages = ownPages;
        this.settings = settings;
        this.clock = clock;
        this.cookie = new HostCookie("__Host-behalf-session", settings.absolute());
    }

    /// The session of the browser, if somebody is signed in whose account is not disabled.
    public Mono<Session> of(HttpRequest<?> request) {
        return Mono.justOrEmpty(cookie.of(request))
                .flatMap(value -> table.byDigest(Sha256.of(value))
                        .filter(this::lasts)
                        .flatMap(row -> accounts.byId(row.accountId())
                                .filter(account -> !account.disabled())
                                .flatMap(account -> seen(row).thenReturn(session(row, account, value)))));
    }

    /// Begins a session in the place of the browser's old one, under a name that nobody could know before (RFC
    /// 9700 §4.7 calls for no less, OWASP for just that).
    ///
    /// @param method      see [Session#method]
    /// @param signedInFor see [Session#signedInFor]
    /// @return the cookie to set
    public Mono<Cookie> begin(HttpRequest<?> request, Account account, String method, @Nullable String signedInFor) {
        return Mono.defer(() -> {
            var value = Secret.random();
            var now = now();
            var row = new SessionTable.Row(UUID.randomUUID().toString(), account.id(), method, now, signedInFor, now);
            var old = cookie.of(request).map(Sha256::of).orElse(null);
            return table.replace(old, row, Sha256.of(value.reveal())).thenReturn(cookie.set(value));
        });
    }

    /// Ends the browser's session, if there is one.
    ///
    /// @return the cookie to set
    public Mono<Cookie> end(HttpRequest<?> request) {
        return Mono.justOrEmpty(cookie.of(request))
                .flatMap(value -> table.remove(Sha256.of(value)))
                .thenReturn(cookie.forgotten());
    }

    /// What a form of that session must send back as `csrf`: derived from the cookie, which no other site can
    /// read.
    public String csrf(Session session) {
        return session.csrf();
    }

    /// Whether a form that came back is one of that session's, sent from our own pages.
    public boolean isOwnForm(HttpRequest<?> request, Session session, String csrf) {
        return ownPages.sent(request) && Sha256.of(csrf).equals(Sha256.of(session.csrf()));
    }

    /// Notes that the sign-in for [Session#signedInFor] has been used up.
    public Mono<Void> useUpSignIn(Session session) {
        return session.signedInFor() == null
                ? Mono.empty()
                : table.useUpSignIn(session.id()).then();
    }

    /// Removes sessions that ended by themselves.
    Mono<Long> sweep() {
        return Mono.defer(() -> table.removeSeenBefore(now().minus(settings.idle())));
    }

    private boolean lasts(SessionTable.Row row) {
        var now = now();
        return now.isBefore(row.seenAt().plus(settings.idle()))
                && now.isBefore(row.authTime().plus(settings.absolute()));
    }

    private Mono<Long> seen(SessionTable.Row row) {
        var now = now();
        return now.isBefore(row.seenAt().plus(SIGHT_IS_NOTED_EVERY)) ? Mono.just(0L) : table.markSeen(row.id(), now);
    }

    private static Session session(SessionTable.Row row, Account account, String cookie) {
        var csrf = Sha256.of("csrf " + cookie).hex();
        return new Session(row.id(), account, row.authTime(), row.method(), row.signedInFor(), csrf);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
