package dev.behalf.authz.grant;

import dev.behalf.authz.account.AccountLifecycle;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Takes back all that a person allowed, when their account is disabled or gone: nothing acts for them then.
@Singleton
final class EndedAccounts implements AccountLifecycle {

    private final Grants grants;
    private final ConsentTable consents;

    EndedAccounts(Grants grants, ConsentTable consents) {
        this.grants = grants;
        this.consents = consents;
    }

    @Override
    public Mono<Void> ended(Connection connection, String accountId, String reason) {
        return consents.removeAll(connection, accountId, null)
                .then(grants.revokeAll(connection, accountId, null, reason))
                .then();
    }
}
