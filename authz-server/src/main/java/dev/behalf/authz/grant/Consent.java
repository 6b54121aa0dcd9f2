package dev.behalf.authz.grant;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a person said yes to, for one agent at one resource.
///
/// @param clientName as the person saw it
/// @param clientHost the host that proved to stand behind the client, or null
/// @param anonymous  nobody had checked the client
/// @param expiresAt  the agent must ask again from this instant on
public record Consent(
        String id,
        String subject,
        String clientId,
        String clientName,
        @Nullable String clientHost,
        boolean anonymous,
        String actor,
        String resource,
        Set<String> scopes,
        Instant createdAt,
        Instant expiresAt) {
    public Consent {
        scopes = Set.copyOf(scopes);
    }
}
