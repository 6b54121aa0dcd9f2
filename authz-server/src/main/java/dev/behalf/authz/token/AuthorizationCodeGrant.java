package dev.behalf.authz.token;

import dev.behalf.authz.authorize.AuthorizationCode;
import dev.behalf.authz.authorize.AuthorizationCodes;
import dev.behalf.authz.authorize.Redemption;
import dev.behalf.authz.grant.Actor;
import dev.behalf.authz.grant.Consents;
import dev.behalf.authz.grant.Grant;
import dev.behalf.authz.grant.Grants;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.kernel.database.Database;
import io.micronaut.core.annotation.Order;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `authorization_code` (OAuth 2.1 §4.1.3): a code is redeemed, once, for what the person consented to.
/// Redeeming the code and beginning the grant are one transaction: of a code that counts as used, the grant
/// exists.
@Singleton
@Order(1)
final class AuthorizationCodeGrant implements GrantType {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// What the transaction came to.
    private sealed interface Outcome {
        record Begun(AuthorizationCode code, Grants.Begun grant) implements Outcome {}

        /// @param reason for the audit
        record Refused(String reason) implements Outcome {}

        /// The request asks for more than was consented to.
        record Exceeded(OAuthError error) implements Outcome {}
    }

    private final AuthorizationCodes codes;
    private final Consents consents;
    private final Grants grants;
    private final Database database;
    private final ActorTokens actors;
    private final GrantedTokens tokens;
    private final IdTokens idTokens;
    private final Clock clock;

    AuthorizationCodeGrant(
            AuthorizationCodes codes,
            Consents consents,
            Grants grants,
            Database database,
            ActorTokens actors,
            GrantedTokens tokens,
            IdTokens idTokens,
            Clock clock) {
        this.codes = codes;
        this.consents = consents;
        this.grants = grants;
        this.database = database;
        this.actors = actors;
        this.tokens = tokens;
        this.idTokens = idTokens;
        this.clock = clock;
    }

    @Override
    public String type() {
        return "authorization_code";
    }

    @Override
    public Mono<TokenResponse> issue(TokenRequest request) {
        var client = request.client();
        var parameters = request.parameters();
        return Mono.defer(() -> {
            var code = parameters.required("code");
            var verifier = parameters.required("code_verifier"); // RFC 7636 §4.5
            var redirectUri = parameters.parameter("redirect_uri").orElse(null);
            return actors.of(parameters)
                    .flatMap(actor -> database.transaction(connection -> codes.redeem(
                                            connection, code, client.id(), redirectUri, verifier)
                                    .flatMap(redemption -> begin(connection, request, redemption, actor.orElse(null))))
                            .flatMap(outcome -> switch (outcome) {
                                case Outcome.Begun begun -> respond(request, begun);
                                case Outcome.Refused(var reason) -> {
                                    audit.info("code of {} refused: {}", client.id(), reason);
                                    yield Mono.error(OAuthError.of("invalid_grant", "the code cannot be redeemed"));
                                }
                                case Outcome.Exceeded(var error) -> Mono.error(error);
                            }));
        });
    }

    private Mono<Outcome> begin(
            Connection connection, TokenRequest request, Redemption redemption, @Nullable String actor) {
        return switch (redemption) {
            case Redemption.Refused refused -> Mono.just(new Outcome.Refused(refused.name()));
            case Redemption.Replayed(var gid) ->
                grants.revoke(connection, List.of(gid), "replay").thenReturn(new Outcome.Refused("REPLAYED"));
            case Redemption.Redeemed(var code) -> begin(connection, request, code, actor);
        };
    }

    private Mono<Outcome> begin(
            Connection connection, TokenRequest request, AuthorizationCode code, @Nullable String actor) {
        var client = request.client();
        if (!code.actor().equals(client.id()) && !code.actor().equals(actor)) {
            return Mono.just(new Outcome.Refused("OTHER_ACTOR"));
        }
        var grant = grant(code);
        try {
            GrantedTokens.check(grant, request.parameters()); // of a grant without a token nobody would know
        } catch (OAuthError exceeded) {
            return Mono.just(new Outcome.Exceeded(exceeded));
        }
        return consents.stillAllows(connection, code.subject(), client.id(), code.actor(), code.resources())
                .flatMap(allowed -> allowed
                        ? grants.begin(connection, grant, client.uses("refresh_token"))
                                .<Outcome>map(begun -> new Outcome.Begun(code, begun))
                        : Mono.just(new Outcome.Refused("CONSENT_TAKEN_BACK")));
    }

    private Grant grant(AuthorizationCode code) {
        return new Grant(
                code.gid(),
                null,
                code.subject(),
                code.username(),
                code.clientId(),
                new Actor(code.actor(), null),
                code.resources(),
                code.scopes(),
                code.authTime(),
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                code.grantUntil());
    }

    private Mono<TokenResponse> respond(TokenRequest request, Outcome.Begun begun) {
        var grant = begun.grant.grant();
        return tokens.issue(grant, request.parameters())
                .flatMap(access -> grant.scopes().contains(ScopeCatalogue.OPENID)
                        ? idTokens.issue(grant, request.client(), begun.code.nonce())
                                .map(id -> new TokenResponse(access, begun.grant.refreshToken(), id, null))
                        : Mono.just(new TokenResponse(access, begun.grant.refreshToken(), null, null)));
    }
}
