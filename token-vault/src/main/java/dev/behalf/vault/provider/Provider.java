package dev.behalf.vault.provider;

import java.net.URI;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A service at which users have accounts that they can connect.
public sealed interface Provider permits OAuthProvider, ApiKeyProvider {

    ProviderId id();

    /// Which of the providers that have had this name: another one when it was deleted and created again.
    UUID instance();

    /// For users.
    String displayName();

    /// An https URL.
    @Nullable
    URI iconUrl();

    /// One sentence for users.
    @Nullable
    String description();

    /// Where to ask whose account a token is for; null: nowhere.
    @Nullable
    AccountSource account();

    /// How a call shows the token.
    CredentialHeader credential();
}
