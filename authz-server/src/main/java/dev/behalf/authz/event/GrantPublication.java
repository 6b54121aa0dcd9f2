package dev.behalf.authz.event;

import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.outbox.OutboxEvent;
import dev.behalf.kernel.outbox.Publication;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// What is told of grants. A revocation matters as long as an access token can live, an hour at most, and the
/// topic keeps its records for a week: whoever reads it from its beginning knows all that are in force.
@Singleton
final class GrantPublication implements Publication {

    static final String TOPIC = "behalf.grants.v1";

    private static final String WEEK = "604800000"; // milliseconds

    private final RevocationTable revocations;
    private final Clock clock;

    GrantPublication(RevocationTable revocations, Clock clock) {
        this.revocations = revocations;
        this.clock = clock;
    }

    @Override
    public String topic() {
        return TOPIC;
    }

    @Override
    public Map<String, String> topicConfiguration() {
        return Map.of("cleanup.policy", "compact,delete", "retention.ms", WEEK, "delete.retention.ms", WEEK);
    }

    @Override
    public CloudEvent attributes(OutboxEvent event) {
        return new CloudEvent(
                event.id().toString(),
                "urn:behalf:authz-server",
                event.type(),
                event.subject(),
                event.at(),
                "urn:behalf:schema:grant.v1",
                event.revision());
    }

    /// Nothing is forgotten by a tombstone: a revocation that were forgotten early would be undone.
    @Override
    public boolean isLast(OutboxEvent event) {
        return false;
    }

    @Override
    public Mono<List<OutboxEvent>> settled() {
        return Mono.defer(() -> revocations.settled(clock.instant()));
    }
}
