package dev.behalf.vault.upstream;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.AuthorizationEndpoint;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Collection;
import java.util.LinkedHashMap;
import reactor.core.publisher.Mono;

/// The calls over HTTP.
@Singleton
final class HttpUpstream implements Upstream {

    private final TokenCalls tokens;
    private final AccountCalls accounts;
    private final RevocationCalls revocations;

    HttpUpstream(TokenCalls tokens, AccountCalls accounts, RevocationCalls revocations) {
        this.tokens = tokens;
        this.accounts = accounts;
        this.revocations = revocations;
    }

    @Override
    public URI authorizationUrl(OAuthProvider provider, AuthorizationParameters parameters) {
        var endpoint = provider.authorization();
        var all = new LinkedHashMap<String, String>();
        all.put("response_type", "code");
        all.put("client_id", provider.clientId());
        all.put("redirect_uri", parameters.redirectUri().toString());
        Collection<String> scopes =
                parameters.scopes().isEmpty() ? provider.scopes().standard() : parameters.scopes();
        if (!scopes.isEmpty()) {
            all.put(endpoint.scopeParameter(), String.join(endpoint.scopeSeparator(), scopes));
        }
        all.put("state", parameters.state());
        if (endpoint.pkce()) {
            all.put("code_challenge", parameters.codeChallenge());
            all.put("code_challenge_method", "S256");
        }
        parameters.extra().forEach((name, value) -> {
            if (isFixed(endpoint, name)) {
                throw new IllegalArgumentException(name + " is fixed by the definition of the provider");
            }
            all.put(name, value);
        });
        all.putAll(endpoint.parameters());
        if (parameters.incremental()) {
            all.putAll(endpoint.incrementalParameters());
        }
        var url = endpoint.url();
        return URI.create(url + (url.getRawQuery() == null ? "?" : "&") + ProviderCaller.form(all));
    }

    private static boolean isFixed(AuthorizationEndpoint endpoint, String name) {
        return AuthorizationEndpoint.RESERVED.contains(name)
                || name.equals(endpoint.scopeParameter())
                || endpoint.parameters().containsKey(name)
                || endpoint.incrementalParameters().containsKey(name);
    }

    @Override
    public Mono<TokenOutcome> redeem(OAuthProvider provider, String code, String codeVerifier, URI redirectUri) {
        return tokens.redeem(provider, code, codeVerifier, redirectUri);
    }

    @Override
    public Mono<TokenOutcome> refresh(OAuthProvider provider, Secret refreshToken) {
        return tokens.refresh(provider, refreshToken);
    }

    @Override
    public Mono<AccountInfo> accountInfo(Provider provider, Secret accessToken) {
        return accounts.find(provider, accessToken);
    }

    @Override
    public Mono<RevocationOutcome> revoke(OAuthProvider provider, Secret token) {
        return revocations.revoke(provider, token);
    }
}
