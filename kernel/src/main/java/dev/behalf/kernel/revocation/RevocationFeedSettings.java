package dev.behalf.kernel.revocation;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How a service follows revocations; it does when `behalf.revocations.poll-every` is set.
///
/// @param pollEvery how often the authorization server is asked for all of them, give or take a fifth, beside
///                  Kafka
/// @param staleFor  so long the set is relied on when nothing confirms it
/// @param most      revocations that are kept; with more in force, none of our own tokens is accepted
/// @param bootstrapServers of Kafka; empty: the list alone is asked for, and a revocation takes as long as that
@ConfigurationProperties("behalf.revocations")
@Requires(property = "behalf.revocations.poll-every")
public record RevocationFeedSettings(
        @Bindable(defaultValue = "5s") Duration pollEvery,
        @Bindable(defaultValue = "10m") Duration staleFor,
        @Bindable(defaultValue = "300000") int most,
        @Value("${behalf.kafka.bootstrap-servers:}") String bootstrapServers,
        @Value("${behalf.service}") String service) {}
