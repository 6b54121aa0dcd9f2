package dev.behalf.authz.client;

import dev.behalf.kernel.secret.Sha256;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A client as it is kept in the database.
///
/// @param metadata          as [MetadataRules] accepted it, in the words of RFC 7591
/// @param secret            digest, or null
/// @param registrationToken digest of the token by which it manages itself (RFC 7592), or null
/// @param lastUsedAt        to the minute; null: never
/// @param expiresAt         from this instant on it is no more; null: never
record StoredClient(
        String id,
        Client.Origin origin,
        Map<String, @Nullable Object> metadata,
        Map<String, Set<String>> resources,
        @Nullable Sha256 secret,
        @Nullable Sha256 registrationToken,
        boolean enabled,
        Instant createdAt,
        @Nullable Instant lastUsedAt,
        @Nullable Instant expiresAt) {

    Client client() {
        return new Client(id, origin, ClientMetadata.of(metadata), secret, resources);
    }

    /// Whether it may be used.
    boolean isGoodAt(Instant now) {
        return enabled && !isOverAt(now);
    }

    boolean isOverAt(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }

    /// The same with other metadata.
    StoredClient with(Map<String, @Nullable Object> other, @Nullable Sha256 otherSecret) {
        return new StoredClient(
                id,
                origin,
                other,
                resources,
                otherSecret,
                registrationToken,
                enabled,
                createdAt,
                lastUsedAt,
                expiresAt);
    }

    /// The same with other resources.
    StoredClient with(Map<String, Set<String>> others) {
        return new StoredClient(
                id, origin, metadata, others, secret, registrationToken, enabled, createdAt, lastUsedAt, expiresAt);
    }

    /// The same, enabled or disabled.
    StoredClient with(boolean nowEnabled) {
        return new StoredClient(
                id,
                origin,
                metadata,
                resources,
                secret,
                registrationToken,
                nowEnabled,
                createdAt,
                lastUsedAt,
                expiresAt);
    }
}
