package dev.behalf.vault.upstream;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import java.net.URI;
import reactor.core.publisher.Mono;

/// The calls to providers. Each has a deadline of at most 20 seconds and a bound on the answer, goes to public
/// addresses only (or where the operator allowed), and follows no redirect. None is repeated here: a code or a
/// rotating refresh token is good for one try.
public interface Upstream {

    /// Where to send the user's browser (RFC 6749 §4.1.1).
    ///
    /// @throws IllegalArgumentException when an extra parameter is one that the provider's definition fixes
    URI authorizationUrl(OAuthProvider provider, AuthorizationParameters parameters);

    /// Exchanges a code (RFC 6749 §4.1.3). Does not fail: what goes wrong is an outcome.
    ///
    /// @param redirectUri the very one of the authorization request
    Mono<TokenOutcome> redeem(OAuthProvider provider, String code, String codeVerifier, URI redirectUri);

    /// Exchanges a refresh token (RFC 6749 §6). Does not fail: what goes wrong is an outcome.
    Mono<TokenOutcome> refresh(OAuthProvider provider, Secret refreshToken);

    /// Whose account the token is for. Fails with [UpstreamFailed].
    Mono<AccountInfo> accountInfo(Provider provider, Secret accessToken);

    /// Ends the token at the provider (RFC 7009). Does not fail: what goes wrong is an outcome.
    Mono<RevocationOutcome> revoke(OAuthProvider provider, Secret token);
}
