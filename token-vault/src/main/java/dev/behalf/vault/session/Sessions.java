package dev.behalf.vault.session;

import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.page.HostCookie;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.page.PageError;
import dev.behalf.vault.page.Site;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.cookie.Cookie;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import reactor.core.publisher.Mono;

/// Finds sessions by their cookie, begins and ends them.
@Singleton
public final class Sessions {

    /// That a page was opened is written at most this often, so that opening one is not a write.
    private static final Duration SIGHT_IS_NOTED_EVERY = Duration.ofMinutes(1);

    private final SessionTable table;
    private final Site site;
    private final SessionSettings settings;
    private final Clock clock;
    private final HostCookie cookie = new HostCookie("__Host-behalf-connections", Duration.ZERO);

    Sessions(SessionTable table, Site site, SessionSettings settings, Clock clock) {
        this.table = table;
        this.site = site;
        this.settings = settings;
        this.clock = clock;
    }

    /// The session of the browser, if somebody is signed in.
    public Mono<Session> of(HttpRequest<?> request) {
        return Mono.justOrEmpty(cookie.of(request)).flatMap(value -> {
            var digest = Sha256.of(value);
            return table.find(digest)
                    .filter(this::lasts)
                    .flatMap(row -> seen(digest, row)
                            .thenReturn(new Session(
                                    row.subject(),
                                    row.username(),
                                    Sha256.of("csrf " + value).hex())));
        });
    }

    /// The session that sent a form of one of our own pages.
    ///
    /// @return nothing when nobody is signed in any more. Fails with [PageError] 403 when the form is not one
    /// of that session's
    public Mono<Session> sender(HttpRequest<byte[]> request, Form form) {
        return of(request).doOnNext(session -> {
            if (!site.sent(request) || !Sha256.of(form.field("csrf")).equals(Sha256.of(session.csrf()))) {
                throw PageError.of(HttpStatus.FORBIDDEN, "error.foreign-form");
            }
        });
    }

    /// Begins a session in the place of the browser's old one, under a name that nobody could know before.
    ///
    /// @return the cookie to set
    public Mono<Cookie> begin(HttpRequest<?> request, String subject, String username) {
        return Mono.defer(() -> {
            var value = Secret.random();
            var now = now();
            var old = cookie.of(request).map(Sha256::of).orElse(null);
            return table.replace(old, new SessionTable.Row(subject, username, now, now), Sha256.of(value.reveal()))
                    .thenReturn(cookie.set(value));
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

    /// Ends the person's sessions in all browsers.
    public Mono<Void> endAll(String subject) {
        return Mono.defer(() -> table.removeOf(subject, null)).then();
    }

    /// Ends the person's sessions in all browsers but this one.
    public Mono<Void> endOthers(HttpRequest<?> request, String subject) {
        return Mono.defer(() -> table.removeOf(
                        subject, cookie.of(request).map(Sha256::of).orElse(null)))
                .then();
    }

    /// Removes sessions that ended by themselves.
    Mono<Long> sweep() {
        return Mono.defer(() -> table.removeSeenBefore(now().minus(settings.idle())));
    }

    private boolean lasts(SessionTable.Row row) {
        var now = now();
        return now.isBefore(row.seenAt().plus(settings.idle()))
                && now.isBefore(row.begunAt().plus(settings.absolute()));
    }

    private Mono<Long> seen(Sha256 digest, SessionTable.Row row) {
        var now = now();
        return now.isBefore(row.seenAt().plus(SIGHT_IS_NOTED_EVERY)) ? Mono.just(0L) : table.markSeen(digest, now);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
