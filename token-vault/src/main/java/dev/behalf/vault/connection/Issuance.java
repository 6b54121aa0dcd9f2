package dev.behalf.vault.connection;

import dev.behalf.vault.provider.ApiKeyProvider;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// By whom tokens were issued, and to whom. They are shown to nobody else, whatever an operator makes of the
/// provider of that name meanwhile: who may write providers is not to learn users' tokens.
///
/// @param instance      of the provider
/// @param clientId      null: a key that the user brought
/// @param refreshUrl    where the refresh token goes
/// @param revocationUrl where tokens are ended, as it is written in the definition; null: nowhere
public record Issuance(
        UUID instance,
        @Nullable String clientId,
        @Nullable String refreshUrl,
        @Nullable String revocationUrl) {

    /// By the provider as it is now.
    public static Issuance of(Provider provider) {
        return switch (provider) {
            case ApiKeyProvider key -> new Issuance(key.instance(), null, null, null);
            case OAuthProvider oauth ->
                new Issuance(
                        oauth.instance(),
                        oauth.clientId(),
                        oauth.token().refreshUrl().toString(),
                        oauth.revocation() == null
                                ? null
                                : oauth.revocation().url().text());
        };
    }

    /// Whether the provider is still the one, and has not only its name.
    public boolean isBy(Provider provider) {
        return instance.equals(provider.instance());
    }

    /// Whether a refresh token would go where it came from.
    public boolean mayRefreshAt(OAuthProvider provider) {
        return isBy(provider)
                && provider.clientId().equals(clientId)
                && provider.token().refreshUrl().toString().equals(refreshUrl);
    }

    /// Whether a token that is to be ended would go where it came from.
    public boolean mayRevokeAt(OAuthProvider provider) {
        return isBy(provider)
                && provider.clientId().equals(clientId)
                && provider.revocation() != null
                && provider.revocation().url().text().equals(revocationUrl);
    }
}
