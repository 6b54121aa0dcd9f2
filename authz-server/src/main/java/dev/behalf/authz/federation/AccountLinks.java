package dev.behalf.authz.federation;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.account.Accounts;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import reactor.core.publisher.Mono;

/// Which accounts people sign in to through which providers.
@Singleton
public final class AccountLinks {

    /// How somebody who proved who they are at a provider stands here.
    sealed interface Standing {
        /// They sign in to that account.
        record Known(Account account) implements Standing {}

        /// An account of their user name exists, and nothing says that it is theirs.
        record NameTaken() implements Standing {}

        /// They can have no account here, or theirs is disabled.
        record Unwelcome() implements Standing {}
    }

    /// A provider that an account is connected to.
    public record Connection(String provider, String title, Instant since) {}

    private final AccountLinkTable table;
    private final Accounts accounts;
    private final SignInProviders providers;
    private final Clock clock;

    AccountLinks(AccountLinkTable table, Accounts accounts, SignInProviders providers, Clock clock) {
        this.table = table;
        this.accounts = accounts;
        this.providers = providers;
        this.clock = clock;
    }

    /// What the account is connected to, of what can be used now.
    public Mono<List<Connection>> of(Account account) {
        return table.of(account.id())
                .collectList()
                .map(links -> providers.usable().stream()
                        .flatMap(provider -> links.stream()
                                .filter(link -> link.issuer().equals(provider.issuer()))
                                .limit(1)
                                .map(link -> new Connection(provider.name(), provider.label(), link.createdAt())))
                        .toList());
    }

    /// Ends the connection to the provider.
    public Mono<Void> remove(Account account, String provider) {
        return Mono.fromSupplier(() -> providers.require(provider))
                .flatMap(usable -> table.unlink(usable.provider().issuer(), account.id()))
                .then();
    }

    /// The account of whoever that is; a new one at their first sign-in.
    Mono<Standing> standing(Federation.Proved proved) {
        var who = proved.who();
        return table.accountOf(proved.issuer(), who.subject())
                .flatMap(accounts::byId)
                .<Standing>map(AccountLinks::unlessDisabled)
                .switchIfEmpty(Mono.defer(() -> first(proved)));
    }

    /// Connects the account; emits whether the subject is linked to it now, and to no other.
    Mono<Boolean> connect(Federation.Proved proved, Account account) {
        return Mono.defer(() -> table.link(proved.issuer(), proved.who().subject(), account.id(), now()))
                .map(account.id()::equals);
    }

    private Mono<Standing> first(Federation.Proved proved) {
        var who = proved.who();
        if (!Accounts.isPossibleName(who.username())) {
            return Mono.just(new Standing.Unwelcome());
        }
        return accounts.byUsername(who.username())
                .<Standing>map(_ -> new Standing.NameTaken())
                .switchIfEmpty(Mono.defer(() -> accounts.create(
                                who.username(),
                                who.name(),
                                who.email(),
                                (connection, account) -> AccountLinkTable.insert(
                                        connection, proved.issuer(), who.subject(), account.id(), now()))
                        .<Standing>map(Standing.Known::new)
                        .switchIfEmpty(Mono.defer(() -> meanwhile(proved)))));
    }

    /// Two first sign-ins at once: the other one made the account, or somebody took the name.
    private Mono<Standing> meanwhile(Federation.Proved proved) {
        return table.accountOf(proved.issuer(), proved.who().subject())
                .flatMap(accounts::byId)
                .<Standing>map(AccountLinks::unlessDisabled)
                .defaultIfEmpty(new Standing.NameTaken());
    }

    private static Standing unlessDisabled(Account account) {
        return account.disabled() ? new Standing.Unwelcome() : new Standing.Known(account);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
