package dev.behalf.authz.token;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.grant.Actor;
import dev.behalf.authz.grant.Grant;
import dev.behalf.authz.grant.GrantSettings;
import dev.behalf.authz.grant.Grants;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.authz.scope.ResourceUri;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.authz.scope.VaultResource;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.Scope;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Token exchange (RFC 8693). Who holds a person's token gets a narrower one: fewer scopes, one resource of its
/// grant, and `may_act` for another agent if it asks so. An agent that is named in `may_act` gets one of its
/// own: delegated, with the holder before it in `act`, under a grant of its own below the holder's. What comes
/// of an exchange never has more, lasts longer or reaches further than what went in, and is revoked with it.
@Singleton
@Order(4)
final class TokenExchangeGrant implements GrantType {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// The parameter by which a holder names who may exchange the new token.
    private static final String MAY_ACT = "may_act";

    private final AccessTokenReader reader;
    private final ActorTokens actors;
    private final AccessTokens tokens;
    private final Grants grants;
    private final Database database;
    private final TokenSettings settings;
    private final GrantSettings grantSettings;
    private final VaultResource vault;
    private final Clock clock;

    TokenExchangeGrant(
            AccessTokenReader reader,
            ActorTokens actors,
            AccessTokens tokens,
            Grants grants,
            Database database,
            TokenSettings settings,
            GrantSettings grantSettings,
            VaultResource vault,
            Clock clock) {
        this.reader = reader;
        this.actors = actors;
        this.tokens = tokens;
        this.grants = grants;
        this.database = database;
        this.settings = settings;
        this.grantSettings = grantSettings;
        this.vault = vault;
        this.clock = clock;
    }

    @Override
    public String type() {
        return "urn:ietf:params:oauth:grant-type:token-exchange";
    }

    @Override
    public Mono<TokenResponse> issue(TokenRequest request) {
        var client = request.client();
        var parameters = request.parameters();
        return Mono.defer(() -> {
            var token = parameters.required("subject_token");
            accessToken(parameters.required("subject_token_type"));
            parameters.parameter("requested_token_type").ifPresent(TokenExchangeGrant::accessToken);
            return checkActor(client, parameters)
                    .then(reader.read(token))
                    .switchIfEmpty(Mono.error(() -> invalid("the subject token is not valid")))
                    .flatMap(subject -> exchange(client, parameters, subject));
        });
    }

    private Mono<TokenResponse> exchange(Client client, OAuthRequest request, AccessToken subject) {
        var held = subject.entitlement();
        if (held.grant() == null || held.actor() == null) {
            throw invalid("the subject token is not one for a person");
        }
        boolean holder = client.id().equals(held.clientId());
        if (!holder && !client.id().equals(held.mayAct())) {
            audit.info("delegation from {} to {} refused: may_act does not name it", held.clientId(), client.id());
            throw invalid("the subject token does not say that this client may act");
        }
        checkScopes(request, held);
        var mayAct = request.parameter(MAY_ACT).orElse(null);
        var granted = holder
                ? grants.alive(held.grant().gid()).map(grant -> narrowed(client, request, held, grant.resources()))
                : delegate(client, narrowed(client, request, held, List.of()), subject);
        return granted.switchIfEmpty(Mono.error(() -> invalid("the grant is over, or too much was delegated from it")))
                .map(entitlement -> withMayAct(entitlement, mayAct))
                .flatMap(entitlement -> tokens.issue(entitlement, settings.ttl(), subject.expiresAt()))
                .switchIfEmpty(Mono.error(() -> invalid("the subject token is about to expire")))
                .map(issued -> new TokenResponse(issued, null, null, TokenTypes.ACCESS_TOKEN));
    }

    private Entitlement narrowed(Client client, OAuthRequest request, Entitlement held, List<String> granted) {
        var audience = audience(request, held, granted);
        return held.at(audience, scopes(client, request, held, audience));
    }

    private static Entitlement withMayAct(Entitlement one, @org.jspecify.annotations.Nullable String mayAct) {
        return new Entitlement(
                one.subject(), one.clientId(), one.audience(), one.scopes(), one.actor(), one.grant(), mayAct);
    }

    /// A grant of its own for the agent that acts now, below that of the one that acted before.
    private Mono<Entitlement> delegate(Client client, Entitlement held, AccessToken subject) {
        if ("none".equals(client.metadata().authMethod())) {
            throw OAuthError.of("unauthorized_client", "only a client that proves who it is can be delegated to");
        }
        var actor = new Actor(client.id(), held.actor());
        if (actor.depth() > grantSettings.maxDepth()) {
            throw invalid("too many agents act one after the other");
        }
        var authority = java.util.Objects.requireNonNull(held.grant());
        var grant = new Grant(
                UUID.randomUUID().toString(),
                authority.gid(),
                held.subject(),
                authority.username(),
                client.id(),
                actor,
                List.of(held.audience()),
                held.scopes(),
                authority.authTime(),
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                subject.expiresAt());
        return database.transaction(connection -> grants.delegate(connection, grant))
                .doOnNext(_ -> audit.info(
                        "grant {} delegated from {} by {} to {}",
                        grant.gid(),
                        authority.gid(),
                        held.clientId(),
                        client.id()))
                .map(begun -> Entitlement.of(begun.grant(), held.audience(), held.scopes()));
    }

    /// RFC 8693 §2.1: the actor is who asks; a token for that may be shown, and must then be its own.
    private Mono<Void> checkActor(Client client, OAuthRequest request) {
        return actors.of(request)
                .filter(actor -> actor.isEmpty() || actor.get().equals(client.id()))
                .switchIfEmpty(Mono.error(() -> invalid("the actor token is another client's")))
                .then();
    }

    private static void checkScopes(OAuthRequest request, Entitlement held) {
        var asked = request.parameter("scope").map(Scope::parse).orElse(held.scopes());
        if (asked.isEmpty() || !held.scopes().containsAll(asked)) {
            throw OAuthError.of("invalid_scope", "scope must not exceed that of the subject token");
        }
    }

    /// What was asked for, or all of what is held that the client may have and that means something there.
    private Set<String> scopes(Client client, OAuthRequest request, Entitlement held, String audience) {
        var asked = request.parameter("scope").map(Scope::parse);
        var scopes = new HashSet<>(asked.orElse(held.scopes()));
        if (!client.isKnown()) {
            scopes.removeAll(ScopeCatalogue.FOR_KNOWN_CLIENTS);
        }
        if (audience.equals(Audience.TOKEN_VAULT)) {
            scopes.retainAll(vault.scopes(scopes));
        }
        if (scopes.isEmpty()
                || asked.filter(wanted -> !scopes.containsAll(wanted)).isPresent()) {
            throw OAuthError.of("invalid_scope", "a scope is not one for this client, or means nothing at the target");
        }
        return scopes;
    }

    /// One resource: that of the subject token, a part of it, or for its holder another of the same grant.
    private String audience(OAuthRequest request, Entitlement held, List<String> granted) {
        var asked = new java.util.LinkedHashSet<>(request.all("resource"));
        asked.addAll(request.all("audience"));
        if (asked.isEmpty()) {
            return held.audience();
        }
        var one = asked.getFirst();
        boolean within = ResourceUri.isGood(one)
                && (isWithin(one, held.audience()) || granted.stream().anyMatch(whole -> isWithin(one, whole)));
        if (asked.size() > 1 || !within) {
            throw OAuthError.of("invalid_target", "the target must be one resource within that of the subject token");
        }
        return one;
    }

    private boolean isWithin(String part, String whole) {
        return ResourceUri.isWithin(part, whole) || (part.equals(Audience.TOKEN_VAULT) && vault.isPartOf(whole));
    }

    private static void accessToken(String type) {
        if (!TokenTypes.ACCESS_TOKENS.contains(type)) {
            throw invalid("only access tokens can be exchanged, for access tokens");
        }
    }

    /// RFC 8693 §2.2.2.
    private static OAuthError invalid(String description) {
        return OAuthError.of("invalid_request", description);
    }
}
