package dev.behalf.registry.provider;

import io.r2dbc.spi.Connection;
import reactor.core.publisher.Mono;

/// Keeps a change in the transaction that makes it, so that there is never one without the other.
public interface ChangeRecorder {

    Mono<Void> record(Connection connection, Change change);

    /// Said after the commit: there is something to publish.
    void committed();
}
