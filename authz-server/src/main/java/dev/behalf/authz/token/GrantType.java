package dev.behalf.authz.token;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import reactor.core.publisher.Mono;

/// A grant type: what is its own in a token request. Client authentication came before, the response comes after.
interface GrantType {

    /// Its `grant_type`.
    String type();

    /// What the client gets. Fails with [OAuthError] when it gets nothing.
    Mono<IssuedToken> issue(Client client, OAuthRequest request);
}
