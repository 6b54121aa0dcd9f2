package dev.behalf.vault.upstream;

import dev.behalf.kernel.secret.Secret;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a provider gave.
///
/// @param tokenType    such as `Bearer`
/// @param refreshToken null: none came. In an answer to a refresh, the earlier one stays then
/// @param expiresAt    from then on it is not good; null: never, as far as is known
/// @param scopes       that were granted; null: the provider did not say
public record TokenSet(
        Secret accessToken,
        String tokenType,
        @Nullable Secret refreshToken,
        @Nullable Instant expiresAt,
        @Nullable Set<String> scopes) {

    public TokenSet {
        scopes = scopes == null ? null : Set.copyOf(scopes);
    }
}
