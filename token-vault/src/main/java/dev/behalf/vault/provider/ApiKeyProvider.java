package dev.behalf.vault.provider;

import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A provider whose keys users make there and paste here. Nothing is known of when one ends.
public record ApiKeyProvider(
        ProviderId id,
        UUID instance,
        String displayName,
        @Nullable URI iconUrl,
        @Nullable String description,
        CredentialHeader credential,
        @Nullable AccountSource account)
        implements Provider {}
