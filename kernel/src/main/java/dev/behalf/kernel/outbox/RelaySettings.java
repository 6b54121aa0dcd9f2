package dev.behalf.kernel.outbox;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How changes are published.
///
/// @param lookEvery         how often the outbox is looked at when nothing wakes the relay
/// @param lease             how long a replica that has vanished is waited for. Two that publish at once do no harm,
///                          since Kafka fences the older one; they only get in each other's way
/// @param partitions        of the topic, when it is made
/// @param replicationFactor of the topic, when it is made; -1: the broker's default
/// @param service           names the Kafka clients, and with them which publishers fence each other
@ConfigurationProperties("behalf.relay")
@Requires(property = "behalf.kafka.bootstrap-servers")
public record RelaySettings(
        @Bindable(defaultValue = "500ms") Duration lookEvery,
        @Bindable(defaultValue = "5s") Duration lease,
        @Bindable(defaultValue = "1") int partitions,
        @Bindable(defaultValue = "-1") short replicationFactor,
        @Value("${behalf.kafka.bootstrap-servers}") String bootstrapServers,
        @Value("${behalf.service}") String service) {}
