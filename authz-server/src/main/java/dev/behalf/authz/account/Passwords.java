package dev.behalf.authz.account;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.context.BeanProvider;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Checks and replaces people's passwords.
@Singleton
public final class Passwords {

    /// What lets its holder set a password, once, until it expires. Only its digest is kept.
    public record Ticket(Secret secret, Instant expiresAt) {}

    private final AccountTable accounts;
    private final PasswordTicketTable tickets;
    private final PasswordHashing hashing;
    private final PasswordSettings settings;
    private final BeanProvider<AccountLifecycle> lifecycles;
    private final Clock clock;

    Passwords(
            AccountTable accounts,
            PasswordTicketTable tickets,
            PasswordHashing hashing,
            PasswordSettings settings,
            BeanProvider<AccountLifecycle> lifecycles,
            Clock clock) {
        this.accounts = accounts;
        this.tickets = tickets;
        this.hashing = hashing;
        this.settings = settings;
        this.lifecycles = lifecycles;
        this.clock = clock;
    }

    /// The account of that name if it is not disabled and that is its password. It takes as long to refuse a name that
    /// nobody has. Fails with 503 when too many are being checked.
    ///
    /// @param knownBrowser somebody signed in to that account in that browser before
    public Mono<Account> check(String username, Password typed, boolean knownBrowser) {
        return accounts.byUsername(username)
                .map(java.util.Optional::of)
                .defaultIfEmpty(java.util.Optional.empty())
                .flatMap(found -> {
                    var before = found.map(AccountTable.Kept::passwordDigest).orElse(null);
                    var digest = before == null
                            ? hashing.nobodys()
                            : Argon2id.parse(before).orElseGet(hashing::nobodys);
                    var attempt = typed.isLong() ? "" : typed.reveal();
                    return hashing.run(knownBrowser, () -> digest.matches(attempt))
                            .filter(right -> right && before != null && !attempt.isEmpty())
                            .flatMap(_ -> Mono.justOrEmpty(found))
                            .filter(kept -> !kept.account().disabled())
                            .flatMap(kept -> hashing.isOutdated(digest)
                                    ? keepAnew(kept, typed, knownBrowser).thenReturn(kept.account())
                                    : Mono.just(kept.account()));
                });
    }

    public Mono<Boolean> hasPassword(Account account) {
        return accounts.hasPassword(account.id());
    }

    /// Replaces the password. Nobody stays signed in, and no link for setting it works any longer.
    ///
    /// @param password one without a [Password#fault]
    public Mono<Void> replace(Account account, Password password, boolean knownBrowser) {
        return hashing.run(knownBrowser, () -> hashing.digest(password.reveal()))
                .flatMap(digest -> accounts.transaction(
                        connection -> keep(connection, account.id(), digest).thenReturn(account)))
                .then();
    }

    /// A ticket for the account; those made before work no longer.
    public Mono<Ticket> ticket(Account account) {
        return accounts.transaction(connection -> ticket(connection, account));
    }

    Mono<Ticket> ticket(Connection connection, Account account) {
        return Mono.defer(() -> {
            var ticket = new Ticket(Secret.random(), now().plus(settings.ticketTtl()));
            return PasswordTicketTable.insert(
                            connection, account.id(), Sha256.of(ticket.secret().reveal()), ticket.expiresAt())
                    .thenReturn(ticket);
        });
    }

    /// Whose ticket it is, if it is a good one. It stays one.
    public Mono<Account> holder(String ticket) {
        return Mono.defer(() -> tickets.accountOf(Sha256.of(ticket), now()))
                .flatMap(accounts::byId)
                .filter(account -> !account.disabled());
    }

    /// Replaces the password of the ticket's holder and uses the ticket up, or emits nothing when it is not a good one.
    ///
    /// @param password one without a [Password#fault]
    public Mono<Account> redeem(String ticket, Password password) {
        return holder(ticket)
                .flatMap(_ -> hashing.run(false, () -> hashing.digest(password.reveal())))
                .flatMap(digest -> accounts.transaction(connection -> PasswordTicketTable.take(
                                connection, Sha256.of(ticket), now())
                        .flatMap(id -> AccountTable.locked(connection, id))
                        .filter(account -> !account.disabled())
                        .flatMap(account ->
                                keep(connection, account.id(), digest).thenReturn(account))));
    }

    private Mono<Void> keep(Connection connection, String id, Argon2id digest) {
        return AccountTable.keepPassword(connection, id, digest)
                .then(PasswordTicketTable.removeAll(connection, id))
                .thenMany(Flux.fromStream(lifecycles::stream))
                .concatMap(lifecycle -> lifecycle.passwordReplaced(connection, id))
                .then();
    }

    private Mono<Long> keepAnew(AccountTable.Kept kept, Password password, boolean knownBrowser) {
        return hashing.run(knownBrowser, () -> hashing.digest(password.reveal()))
                .flatMap(digest -> accounts.keepAnew(
                        kept.account().id(), java.util.Objects.requireNonNull(kept.passwordDigest()), digest));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
