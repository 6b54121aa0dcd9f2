package dev.behalf.authz.client;

import io.r2dbc.spi.Connection;
import reactor.core.publisher.Mono;

/// Is told when a client may do no more, in the transaction that makes it so: whoever gave it something takes it back.
public interface ClientLifecycle {

    /// The client is disabled or gone.
    ///
    /// @param reason in a word or two, for the events and the log
    Mono<Void> ended(Connection connection, String clientId, String reason);
}
