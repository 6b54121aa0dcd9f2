package dev.behalf.authz.grant;

import dev.behalf.authz.client.ClientLifecycle;
import dev.behalf.authz.event.GrantEvents;
import dev.behalf.authz.event.Revocation;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import reactor.core.publisher.Mono;

/// Takes back all that a client was allowed, and its own tokens, when it may do no more.
@Singleton
final class EndedClients implements ClientLifecycle {

    private final Grants grants;
    private final ConsentTable consents;
    private final GrantEvents events;
    private final Clock clock;

    EndedClients(Grants grants, ConsentTable consents, GrantEvents events, Clock clock) {
        this.grants = grants;
        this.consents = consents;
        this.events = events;
        this.clock = clock;
    }

    @Override
    public Mono<Void> ended(Connection connection, String clientId, String reason) {
        return Mono.defer(() -> {
            var now = clock.instant();
            var all = new Revocation(Revocation.Kind.CLIENT, clientId, now, now.plus(Grants.MAX_ACCESS_TOKEN_LIFETIME));
            return consents.removeAll(connection, null, clientId)
                    .then(grants.revokeAll(connection, null, clientId, reason))
                    .then(events.revoked(connection, List.of(all), reason));
        });
    }
}
