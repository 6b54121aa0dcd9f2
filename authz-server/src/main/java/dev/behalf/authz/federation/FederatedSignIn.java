package dev.behalf.authz.federation;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// A sign-in under way at a provider. What is secret of it is derived from the `state`, which the provider
/// hands back, and from what the browser keeps, so that nothing here needs to be kept secret.
///
/// @param provider  its name in the settings
/// @param page      where to go when it is done
/// @param again     the person must prove who they are, even when the provider still knows them
/// @param connectTo the account that is to be connected, or null to sign in
/// @param expiresAt from this instant on it is void
record FederatedSignIn(
        String provider,
        String page,
        boolean again,
        @Nullable String connectTo,
        Instant expiresAt) {

    /// `code_verifier` (RFC 7636 §4.1): 43 characters.
    static String verifier(String state, Secret browser) {
        return base64(Sha256.of("verifier " + state + " " + browser.reveal()));
    }

    /// `code_challenge` for the method S256 (RFC 7636 §4.2).
    static String challenge(String state, Secret browser) {
        return base64(Sha256.of(verifier(state, browser)));
    }

    /// `nonce` (OpenID Connect Core §15.5.2).
    static String nonce(String state, Secret browser) {
        return base64(Sha256.of("nonce " + state + " " + browser.reveal()));
    }

    private static String base64(Sha256 digest) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.bytes());
    }
}
