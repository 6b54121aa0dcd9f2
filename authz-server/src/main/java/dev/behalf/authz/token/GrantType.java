package dev.behalf.authz.token;

import reactor.core.publisher.Mono;

/// A grant type: what is its own in a token request. Client authentication came before, the response comes
/// after.
interface GrantType {

    /// Its `grant_type`.
    String type();

    /// What the client gets. Fails with [dev.behalf.authz.oauth.OAuthError] when it gets nothing.
    Mono<TokenResponse> issue(TokenRequest request);
}
