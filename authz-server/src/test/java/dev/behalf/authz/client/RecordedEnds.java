package dev.behalf.authz.client;

import io.micronaut.context.annotation.Requires;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;

/// Writes down which clients ended, and why.
@Singleton
@Requires(property = "behalf.test.ends")
final class RecordedEnds implements ClientLifecycle {

    final List<String> all = new CopyOnWriteArrayList<>();

    @Override
    public Mono<Void> ended(Connection connection, String clientId, String reason) {
        return Mono.fromRunnable(() -> all.add(clientId + " " + reason));
    }
}
