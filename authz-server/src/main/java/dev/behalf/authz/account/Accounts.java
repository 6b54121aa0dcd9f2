package dev.behalf.authz.account;

import io.micronaut.context.BeanProvider;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Finds and changes accounts.
@Singleton
public final class Accounts {

    private final AccountTable table;
    private final PasswordHashing hashing;
    private final Passwords passwords;
    private final BeanProvider<AccountLifecycle> lifecycles;
    private final Clock clock;

    Accounts(
            AccountTable table,
            PasswordHashing hashing,
            Passwords passwords,
            BeanProvider<AccountLifecycle> lifecycles,
            Clock clock) {
        this.table = table;
        this.hashing = hashing;
        this.passwords = passwords;
        this.lifecycles = lifecycles;
        this.clock = clock;
    }

    /// A new account, and its ticket when it has no password yet.
    record Created(Account account, Passwords.@Nullable Ticket ticket) {}

    /// The account, disabled or not, or nothing.
    public Mono<Account> byId(String id) {
        return table.byId(id);
    }

    /// The form of a user name in which names are compared: whoever counts by name counts by this.
    public static String nameKey(String username) {
        return Usernames.key(username);
    }

    /// The account of that user name, disabled or not, or nothing.
    public Mono<Account> byUsername(String username) {
        return table.byUsername(username).map(AccountTable.Kept::account);
    }

    /// In order of user name, at most that many, from behind that one.
    Flux<Account> page(String afterUsername, int limit) {
        return table.page(afterUsername, limit);
    }

    /// Makes an account, or emits nothing when the user name is taken.
    Mono<Created> create(UserRequest request) {
        var account =
                fresh(String.valueOf(request.username()), request.name(), request.email(), request.isEmailVerified());
        var typed = request.password();
        var digest = typed == null
                ? Mono.just(Optional.<Argon2id>empty())
                : hashing.run(false, () -> Optional.of(hashing.digest(typed.reveal())));
        return digest.flatMap(password ->
                table.transaction(connection -> AccountTable.insert(connection, account, password.orElse(null))
                        .filter(free -> free)
                        .flatMap(_ -> password.isPresent()
                                ? Mono.just(new Created(account, null))
                                : passwords.ticket(connection, account).map(ticket -> new Created(account, ticket)))));
    }

    /// Whether somebody could have that user name.
    public static boolean isPossibleName(String username) {
        return Usernames.isPossible(username);
    }

    /// Makes an account without a password, and in the same transaction what makes it somebody's; or emits nothing when
    /// the user name is taken or that emits false.
    ///
    /// @param email one that is verified
    public Mono<Account> create(
            String username,
            @Nullable String name,
            @Nullable String email,
            BiFunction<Connection, Account, Mono<Boolean>> somebodys) {
        return Mono.defer(() -> {
                    var account = fresh(username, name, email, true);
                    return table.transaction(connection -> AccountTable.insert(connection, account, null)
                            .filter(free -> free)
                            .flatMap(_ -> somebodys.apply(connection, account))
                            .flatMap(kept -> kept ? Mono.just(account) : Mono.error(NobodysAccount::new)));
                })
                .onErrorResume(NobodysAccount.class, _ -> Mono.empty());
    }

    /// Rolls the creation back.
    private static final class NobodysAccount extends RuntimeException {
        NobodysAccount() {
            super("nobody's account", null, false, false);
        }
    }

    /// Changes the account, or emits nothing when there is none. When that disables it, all that lives off it
    /// ends.
    Mono<Account> change(String id, UnaryOperator<Account> how) {
        return table.transaction(connection -> AccountTable.locked(connection, id)
                .flatMap(before -> AccountTable.update(connection, how.apply(before))
                        .flatMap(after -> after.disabled() && !before.disabled()
                                ? ended(connection, id, "account_disabled").thenReturn(after)
                                : Mono.just(after))));
    }

    /// Removes the account and emits it as it was, or nothing when there was none. All that lives off it ends.
    Mono<Account> remove(String id) {
        return table.transaction(connection -> AccountTable.locked(connection, id)
                .flatMap(account -> ended(connection, id, "account_deleted")
                        .then(AccountTable.remove(connection, id))
                        .thenReturn(account)));
    }

    private Mono<Void> ended(Connection connection, String id, String reason) {
        return PasswordTicketTable.removeAll(connection, id)
                .thenMany(Flux.fromStream(lifecycles::stream))
                .concatMap(lifecycle -> lifecycle.ended(connection, id, reason))
                .then();
    }

    private Account fresh(String username, @Nullable String name, @Nullable String email, boolean emailVerified) {
        return new Account(
                UUID.randomUUID().toString(),
                username,
                name,
                email,
                email != null && emailVerified,
                false,
                clock.instant().truncatedTo(ChronoUnit.MILLIS));
    }
}
