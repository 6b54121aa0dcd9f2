package dev.behalf.vault.allowance;

import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A user lets an agent use a connection.
///
/// @param agent  its client id
/// @param scopes that it may have tokens for; null: whatever the connection has
/// @param until  from this instant on it may not; null: until the user ends it
public record Allowance(
        UUID connection,
        String agent,
        @Nullable Set<String> scopes,
        Instant givenAt,
        @Nullable Instant until) {

    public Allowance {
        scopes = scopes == null ? null : Set.copyOf(scopes);
    }

    /// Whether it lets the agent have a token for these scopes at that time. A token that can do more than the
    /// allowance names is not given: it cannot be cut down.
    ///
    /// @param asked   what the agent asked for; empty: whatever there is
    /// @param granted what the token can do
    public boolean covers(Set<String> asked, Set<String> granted, Instant now) {
        return isGoodAt(now) && (scopes == null || (scopes.containsAll(asked) && scopes.containsAll(granted)));
    }

    boolean isGoodAt(Instant now) {
        return until == null || now.isBefore(until);
    }
}
