package dev.behalf.vault.provider;

import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A provider where users authorize this vault (RFC 6749). It holds no secret: see [ClientSecrets].
///
/// @param issuer        of its authorization responses (RFC 9207), compared as text; null: it has none
/// @param issRequired   whether an authorization response without `iss` is refused
/// @param clientId      that the provider gave the operator
/// @param registration  the issuer at which this vault has registered the client itself; null: it is the
///                      operator's
/// @param revocation    null: it has none
public record OAuthProvider(
        ProviderId id,
        UUID instance,
        String displayName,
        @Nullable URI iconUrl,
        @Nullable String description,
        @Nullable String issuer,
        boolean issRequired,
        String clientId,
        @Nullable String registration,
        AuthorizationEndpoint authorization,
        TokenEndpoint token,
        @Nullable RevocationEndpoint revocation,
        @Nullable AccountSource account,
        ScopeRules scopes)
        implements Provider {

    @Override
    public CredentialHeader credential() {
        return CredentialHeader.BEARER;
    }
}
