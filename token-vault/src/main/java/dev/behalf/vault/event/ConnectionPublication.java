package dev.behalf.vault.event;

import dev.behalf.kernel.event.CloudEvent;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.outbox.OutboxEvent;
import dev.behalf.kernel.outbox.Publication;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// What is told of connections: what happened, one after the other, kept for a week. Whoever wants to know what
/// is connected asks the API.
@Singleton
final class ConnectionPublication implements Publication {

    static final String TOPIC = "behalf.connections.v1";

    static final Duration KEPT_FOR = Duration.ofDays(7);

    @Override
    public String topic() {
        return TOPIC;
    }

    @Override
    public Map<String, String> topicConfiguration() {
        return Map.of("cleanup.policy", "delete", "retention.ms", Long.toString(KEPT_FOR.toMillis()));
    }

    @Override
    public CloudEvent attributes(OutboxEvent event) {
        return new CloudEvent(
                event.id().toString(),
                Audience.TOKEN_VAULT,
                event.type(),
                event.subject(),
                event.at(),
                "urn:behalf:schema:connection.v1",
                event.revision());
    }

    @Override
    public boolean isLast(OutboxEvent event) {
        return false;
    }

    /// No event is the present state of anything.
    @Override
    public Mono<List<OutboxEvent>> settled() {
        return Mono.just(List.of());
    }
}
