package dev.behalf.registry.provider;

import dev.behalf.kernel.provider.ProviderState;
import java.time.Instant;
import java.util.UUID;

/// A committed change of the registry.
///
/// @param type  [ProviderState#UPDATED] or [ProviderState#DELETED]
/// @param state as it is now; of a deleted provider, as it last was, with the revision of its deletion
/// @param by    who changed it
public record Change(UUID id, String type, ProviderState state, Instant at, String by) {}
