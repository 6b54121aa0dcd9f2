package dev.behalf.vault.connection;

import dev.behalf.vault.event.ConnectionEvent;
import dev.behalf.vault.event.ConnectionEvent.Kind;
import dev.behalf.vault.secret.SecretLabel;
import dev.behalf.vault.upstream.AccountInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An account that a user has connected, without its tokens.
///
/// @param owner        the user: `sub` of our own tokens
/// @param provider     such as `github`
/// @param issuance     who issued the tokens, and may see them again
/// @param scopes       what the provider granted, not what was asked for
/// @param refreshable  whether there is a refresh token
/// @param obstacle     why the user must connect again, in a word of ours; null: nothing stands in the way
/// @param issuedAt     when the present access token came
/// @param expiresAt    from this instant on it is not served; null: never, as far as is known
/// @param lastUsedBy   the client id of the agent that was last given it
/// @param tokenVersion counts the tokens that it has had, from 1
/// @param retryAt      when a refresh that failed for a passing reason may be tried again; null: now
public record Connection(
        UUID id,
        String owner,
        String provider,
        AccountInfo account,
        Issuance issuance,
        Set<String> scopes,
        boolean refreshable,
        @Nullable String obstacle,
        Instant connectedAt,
        Instant issuedAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt,
        @Nullable String lastUsedBy,
        long tokenVersion,
        int failures,
        @Nullable Instant retryAt) {

    private static final Duration LEAST_MARGIN = Duration.ofMinutes(1);

    public Connection {
        scopes = Set.copyOf(scopes);
    }

    /// Whether the agent was the last that was given the token, after that time.
    boolean wasUsedBy(String agent, Instant after) {
        return agent.equals(lastUsedBy) && lastUsedAt != null && lastUsedAt.isAfter(after);
    }

    /// Whether the access token may be served at that time.
    public boolean isLiveAt(Instant now) {
        return expiresAt == null || now.isBefore(expiresAt);
    }

    /// Whether it is time to refresh: a tenth of its life is left, or a minute if that is more.
    public boolean isDueAt(Instant now) {
        if (expiresAt == null) {
            return false;
        }
        var tenth = Duration.between(issuedAt, expiresAt).dividedBy(10);
        var margin = tenth.compareTo(LEAST_MARGIN) > 0 ? tenth : LEAST_MARGIN;
        return !now.isBefore(expiresAt.minus(margin));
    }

    /// Whether a refresh may be tried at that time, as far as earlier failures go.
    public boolean mayTryAt(Instant now) {
        return retryAt == null || !now.isBefore(retryAt);
    }

    /// That this happened to it, as it is now.
    ConnectionEvent event(Kind kind, Instant at) {
        return new ConnectionEvent(
                kind, id, owner, provider, scopes, Set.of(), kind == Kind.NEEDS_RECONNECT ? obstacle : null, at);
    }

    /// That it has lost scopes since then; nothing when it has not.
    Optional<ConnectionEvent> scopesMissing(Set<String> before, Instant at) {
        var missing = new HashSet<>(before);
        missing.removeAll(scopes);
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(new ConnectionEvent(Kind.SCOPE_MISSING, id, owner, provider, scopes, missing, null, at));
    }

    SecretLabel label() {
        return SecretLabel.of(owner, record(id), "tokens");
    }

    static String record(UUID id) {
        return "connection/" + id;
    }
}
