package dev.behalf.registry.event;

import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.outbox.OutboxEvent;
import dev.behalf.kernel.outbox.Publication;
import dev.behalf.kernel.provider.ProviderState;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// The registry's changes: the full state of each provider, on a compacted topic.
@Singleton
final class ProviderPublication implements Publication {

    private final ChangeLog changes;

    ProviderPublication(ChangeLog changes) {
        this.changes = changes;
    }

    @Override
    public String topic() {
        return ProviderState.TOPIC;
    }

    @Override
    public Map<String, String> topicConfiguration() {
        return Map.of("cleanup.policy", "compact", "delete.retention.ms", "604800000");
    }

    @Override
    public CloudEvent attributes(OutboxEvent event) {
        return cloudEvent(event);
    }

    static CloudEvent cloudEvent(OutboxEvent event) {
        return new CloudEvent(
                event.id().toString(),
                "urn:behalf:idp-registry",
                event.type(),
                event.subject(),
                event.at(),
                "urn:behalf:schema:identity-provider.v1",
                event.revision());
    }

    @Override
    public boolean isLast(OutboxEvent event) {
        return event.type().equals(ProviderState.DELETED);
    }

    @Override
    public Mono<List<OutboxEvent>> settled() {
        return changes.settled();
    }
}
