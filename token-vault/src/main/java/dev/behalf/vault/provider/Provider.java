package dev.behalf.vault.provider;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/// A service at which users have accounts that they can connect.
public sealed interface Provider permits OAuthProvider, ApiKeyProvider {

    ProviderId id();

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
