package dev.behalf.kernel.outbox;

import dev.behalf.kernel.event.CloudEvent;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// What a service publishes, and where. A bean of this type makes the service a publisher.
public interface Publication {

    String topic();

    /// The settings of the topic, when it is made.
    Map<String, String> topicConfiguration();

    /// The event's attributes, as they stand in the record's headers.
    CloudEvent attributes(OutboxEvent event);

    /// Whether the event is the last about its subject, which is then forgotten: a tombstone follows it.
    boolean isLast(OutboxEvent event);

    /// The present state of whatever no waiting event tells of: an event for each, as if it had just been changed, in
    /// the order of their revisions. With these and the waiting ones the topic is complete.
    Mono<List<OutboxEvent>> settled();
}
