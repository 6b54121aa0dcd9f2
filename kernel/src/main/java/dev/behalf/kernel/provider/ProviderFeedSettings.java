package dev.behalf.kernel.provider;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.time.Duration;

/// How a replica follows the registry.
///
/// @param registry  where the registry is reached from here, without a trailing slash
/// @param pollEvery how often its snapshot is asked for, give or take a fifth; 5 s by default
@ConfigurationProperties("behalf.providers")
@Requires(property = "behalf.providers.registry")
public record ProviderFeedSettings(
        URI registry,
        @Bindable(defaultValue = "5s") Duration pollEvery,
        @Value("${behalf.kafka.bootstrap-servers}") String bootstrapServers,
        @Value("${behalf.service}") String service) {}
