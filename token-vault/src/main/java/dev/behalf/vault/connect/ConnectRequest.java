package dev.behalf.vault.connect;

import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.secret.SecretLabel;
import java.net.URI;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A user on the way to a provider and back.
///
/// @param owner       who began it, and alone may complete it
/// @param redirectUri where the provider sends the user back to
/// @param scopes      that were asked for
/// @param reconnect   the connection that must come out of it: the same account; null: any account
/// @param boundTo     the provider's instance, client and token endpoint
/// @param challenge   of the verifier that the user's program keeps; null: the vault keeps it
/// @param from        where in which browser it was begun; null: an app did
/// @param expiresAt   from this instant on it is nothing
record ConnectRequest(
        UUID id,
        String owner,
        String provider,
        URI redirectUri,
        Set<String> scopes,
        @Nullable UUID reconnect,
        String boundTo,
        @Nullable String challenge,
        @Nullable From from,
        Instant expiresAt) {

    /// How the records of their secrets begin.
    static final String RECORDS = "connect-request/";

    /// One of our own pages.
    ///
    /// @param browser digest of what the browser keeps, in which alone it can be completed
    /// @param page    where to go on then
    record From(Sha256 browser, String page) {}

    ConnectRequest {
        scopes = Set.copyOf(scopes);
    }

    /// The place of its code verifier.
    SecretLabel verifier() {
        return SecretLabel.of(owner, RECORDS + id, "code-verifier");
    }
}
