package dev.behalf.authz.token;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.authz.grant.Grant;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.kernel.oauth.Scope;
import jakarta.inject.Singleton;
import java.util.Set;
import reactor.core.publisher.Mono;

/// Issues the access tokens of a grant: at one of its resources, with its scopes or fewer.
@Singleton
final class GrantedTokens {

    private final AccessTokens tokens;
    private final TokenSettings settings;

    GrantedTokens(AccessTokens tokens, TokenSettings settings) {
        this.tokens = tokens;
        this.settings = settings;
    }

    /// The token that the request asks for. Fails with `invalid_target` or `invalid_scope` when that is more
    /// than the grant has.
    Mono<IssuedToken> issue(Grant grant, OAuthRequest request) {
        return Mono.defer(() -> tokens.issue(
                        Entitlement.of(grant, resource(grant, request), scopes(grant, request)),
                        settings.ttl(),
                        grant.expiresAt())
                .switchIfEmpty(Mono.error(() -> OAuthError.of("invalid_grant", "the grant is over"))));
    }

    /// Fails as [#issue] does when the request asks for more than the grant has.
    static void check(Grant grant, OAuthRequest request) {
        resource(grant, request);
        scopes(grant, request);
    }

    /// RFC 8707 §2.2.
    @CanIgnoreReturnValue
    private static String resource(Grant grant, OAuthRequest request) {
        var asked = request.all("resource");
        if (asked.isEmpty()) {
            return grant.resources().getFirst();
        }
        if (asked.size() > 1 || !grant.resources().contains(asked.getFirst())) {
            throw OAuthError.of("invalid_target", "resource must be one of those that were granted");
        }
        return asked.getFirst();
    }

    /// RFC 6749 §6: never more than was granted.
    @CanIgnoreReturnValue
    private static Set<String> scopes(Grant grant, OAuthRequest request) {
        var asked = request.parameter("scope").map(Scope::parse).orElse(grant.scopes());
        if (!grant.scopes().containsAll(asked)) {
            throw OAuthError.of("invalid_scope", "scope must not exceed what was granted");
        }
        return asked;
    }
}
