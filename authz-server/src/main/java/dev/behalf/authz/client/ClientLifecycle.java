package dev.behalf.authz.client;

import io.r2dbc.spi.Connection;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Is told when a client may do no more, in the transaction that makes it so: whoever gave it something takes it back.
public interface ClientLifecycle {

    /// The client is disabled or gone.
    ///
    /// @param reason in a word or two, for the events and the log
    Mono<Void> ended(Connection connection, String clientId, String reason);

    /// Tells all of them, one after the other.
    static Mono<Void> ended(List<ClientLifecycle> all, Connection connection, String clientId, String reason) {
        return Flux.fromIterable(all)
                .concatMap(lifecycle -> lifecycle.ended(connection, clientId, reason))
                .then();
    }
}
