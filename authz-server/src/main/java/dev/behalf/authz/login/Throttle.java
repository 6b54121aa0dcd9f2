package dev.behalf.authz.login;

import dev.behalf.authz.account.Accounts;
import dev.behalf.authz.network.Network;
import dev.behalf.authz.page.PageError;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import reactor.core.publisher.Mono;

/// Bounds how often passwords can be guessed, without a way to lock anybody out: what counts is who guesses,
/// not only whom. An attempt is counted before it is made, so that a thousand at once are a thousand.
@Singleton
final class Throttle {

    /// An attempt that may be made.
    ///
    /// @param knownBrowser the owner of the account signed in in that browser before
    record Attempt(boolean knownBrowser, List<Sha256> counted) {
        Attempt {
            counted = List.copyOf(counted);
        }
    }

    private final AttemptTable table;
    private final Accounts accounts;
    private final KnownBrowsers browsers;
    private final SignInSettings settings;
    private final Clock clock;

    Throttle(AttemptTable table, Accounts accounts, KnownBrowsers browsers, SignInSettings settings, Clock clock) {
        this.table = table;
        this.accounts = accounts;
        this.browsers = browsers;
        this.settings = settings;
        this.clock = clock;
    }

    /// Counts an attempt on the name. Fails with a [PageError] 429 when there were too many.
    Mono<Attempt> take(HttpRequest<?> request, String username) {
        return accounts.byUsername(username)
                .flatMap(account -> browsers.knows(request, account))
                .defaultIfEmpty(false)
                .flatMap(known -> known ? takeKnown(request, username) : takeStrange(request, username));
    }

    /// The attempt was the right one: those before it are forgotten, and others of its network keep their
    /// share.
    Mono<Void> succeeded(Attempt attempt) {
        var network =
                attempt.counted().size() > 1 ? table.takeBack(attempt.counted().getLast()) : Mono.just(0L);
        return table.forget(attempt.counted().getFirst()).then(network).then();
    }

    private Mono<Attempt> takeKnown(HttpRequest<?> request, String username) {
        var key = key("browser", username, KnownBrowsers.name(request));
        return count(key, settings.attemptsPerName()).thenReturn(new Attempt(true, List.of(key)));
    }

    private Mono<Attempt> takeStrange(HttpRequest<?> request, String username) {
        var from = Network.of(request).name();
        var name = key("name", username, from);
        var network = key("network", "", from);
        // The network first: one that is refused makes no rows, whatever names it tries
        return count(network, settings.attemptsPerNetwork())
                .then(count(name, settings.attemptsPerName()))
                .thenReturn(new Attempt(false, List.of(name, network)));
    }

    private Mono<Void> count(Sha256 key, int most) {
        return Mono.defer(() -> {
            var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            return table.add(key, now, now.minus(settings.window()))
                    .flatMap(count -> count.attempts() <= most
                            ? Mono.<Void>empty()
                            : Mono.error(() -> PageError.tooMany(left(count.startedAt(), now))));
        });
    }

    private long left(Instant startedAt, Instant now) {
        return Duration.between(now, startedAt.plus(settings.window())).toSeconds() + 1;
    }

    private static Sha256 key(String kind, String username, String from) {
        return Sha256.of(kind + "\n" + from + "\n" + Accounts.nameKey(username));
    }
}
