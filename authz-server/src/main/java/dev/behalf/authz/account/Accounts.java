package dev.behalf.authz.account;

import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Finds and changes accounts.
@Singleton
public final class Accounts {

    /// The account, disabled or not, or nothing.
    public Mono<Account> byId(String id) {
        return Mono.error(() -> new UnsupportedOperationException(id));
    }
}
