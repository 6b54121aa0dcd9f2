package dev.behalf.registry.provider;

import dev.behalf.kernel.provider.ProviderState;
import java.time.Instant;

/// An identity provider as it is stored.
public record StoredProvider(ProviderState state, Instant changedAt) {}
