package dev.behalf.authz.account;

import io.r2dbc.spi.Connection;
import reactor.core.publisher.Mono;

/// What must end together with an account, or with its password. Whoever keeps something that lives off an account
/// implements it; what it does is part of the transaction, so that all of it happens or nothing.
public interface AccountLifecycle {

    /// The account was disabled or deleted: nobody acts for it any longer.
    ///
    /// @param reason a word for the audit: `account_disabled` or `account_deleted`
    Mono<Void> ended(Connection connection, String accountId, String reason);

    /// The password was replaced: who knew the old one is shut out.
    default Mono<Void> passwordReplaced(Connection connection, String accountId) {
        return Mono.empty();
    }
}
