package dev.behalf.authz.token;

import dev.behalf.authz.grant.Grants;
import dev.behalf.authz.grant.Refreshed;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.scope.ScopeCatalogue;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `refresh_token` (RFC 6749 §6), rotated with each use (RFC 9700 §4.14.2).
@Singleton
@Order(2)
final class RefreshTokenGrant implements GrantType {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final Grants grants;
    private final GrantedTokens tokens;
    private final IdTokens idTokens;

    RefreshTokenGrant(Grants grants, GrantedTokens tokens, IdTokens idTokens) {
        this.grants = grants;
        this.tokens = tokens;
        this.idTokens = idTokens;
    }

    @Override
    public String type() {
        return "refresh_token";
    }

    @Override
    public Mono<TokenResponse> issue(TokenRequest request) {
        var client = request.client();
        return Mono.defer(() -> grants.refresh(
                        request.parameters().required("refresh_token"),
                        client.id(),
                        request.arrivedAt(),
                        grant -> GrantedTokens.check(grant, request.parameters())))
                .flatMap(refreshed -> switch (refreshed) {
                    case Refreshed.Renewed renewed -> respond(request, renewed);
                    case Refreshed.Refused refused -> {
                        audit.info("refresh token of {} refused: {}", client.id(), refused);
                        yield Mono.error(OAuthError.of("invalid_grant", "the refresh token is not valid"));
                    }
                });
    }

    /// OpenID Connect Core §12.2: a new ID token has no nonce.
    private Mono<TokenResponse> respond(TokenRequest request, Refreshed.Renewed renewed) {
        return tokens.issue(renewed.grant(), request.parameters())
                .flatMap(access -> renewed.grant().scopes().contains(ScopeCatalogue.OPENID)
                        ? idTokens.issue(renewed.grant(), request.client(), null)
                                .map(id -> new TokenResponse(access, renewed.refreshToken(), id, null))
                        : Mono.just(new TokenResponse(access, renewed.refreshToken(), null, null)));
    }
}
