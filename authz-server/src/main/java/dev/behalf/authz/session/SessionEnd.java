package dev.behalf.authz.session;

import dev.behalf.authz.account.AccountLifecycle;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Sessions end with the account, and with the password that they were begun with.
@Singleton
final class SessionEnd implements AccountLifecycle {

    @Override
    public Mono<Void> ended(Connection connection, String accountId, String reason) {
        return SessionTable.removeAll(connection, accountId).then();
    }

    @Override
    public Mono<Void> passwordReplaced(Connection connection, String accountId) {
        return SessionTable.removeAll(connection, accountId).then();
    }
}
