package dev.behalf.authz.credential;

import dev.behalf.authz.apikey.ApiKey;
import dev.behalf.authz.apikey.ApiKeys;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.grant.Actor;
import dev.behalf.authz.scope.VaultResource;
import dev.behalf.authz.token.AccessToken;
import dev.behalf.authz.token.AccessTokenReader;
import dev.behalf.authz.token.Entitlement;
import dev.behalf.kernel.oauth.AccessTokenVerifier;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.Caller;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Recognises who calls through the gateway by what they show: operators by an API key, or an access token of
/// ours for the management APIs; at the vault also people, by an access token of theirs for the suite.
@Singleton
final class Credentials {

    /// Who showed a good credential.
    ///
    /// @param entitlement what it allows at the service
    /// @param goodUntil   nothing comes of it from this instant on
    /// @param shown       the person's token, or null when it is an operator
    record Holder(
            Entitlement entitlement,
            Instant goodUntil,
            @Nullable AccessToken shown) {}

    private final ApiKeys apiKeys;
    private final AccessTokenVerifier tokens;
    private final AccessTokenReader reader;
    private final VaultResource vault;

    Credentials(ApiKeys apiKeys, AccessTokenVerifier tokens, AccessTokenReader reader, VaultResource vault) {
        this.apiKeys = apiKeys;
        this.tokens = tokens;
        this.reader = reader;
        this.vault = vault;
    }

    /// The holder, or nothing when the credential is not good.
    ///
    /// @param audience the service that it is shown to
    /// @param gateway  the client that it was shown through
    Mono<Holder> recognise(String credential, String audience, String gateway) {
        // Only a JWT has dots, so a credential is looked for in one place.
        if (credential.indexOf('.') < 0) {
            return apiKeys.recognise(credential).map(key -> operator(key, audience, gateway));
        }
        var operator =
                tokens.verify(credential, Audience.MANAGEMENT).map(caller -> operator(caller, audience, gateway));
        return audience.equals(Audience.TOKEN_VAULT) ? operator.switchIfEmpty(person(credential)) : operator;
    }

    /// Subject and actor stay as they are: the gateway does nothing for the person, it only carries.
    private Mono<Holder> person(String credential) {
        return reader.read(credential)
                .filter(token -> token.entitlement().grant() != null
                        && vault.isPartOf(token.entitlement().audience()))
                .map(token -> {
                    var held = token.entitlement();
                    var narrow = held.at(Audience.TOKEN_VAULT, vault.scopes(held.scopes()));
                    return new Holder(narrow, token.expiresAt(), token);
                });
    }

    private static Holder operator(ApiKey key, String audience, String gateway) {
        return operator(
                "key:" + key.id(),
                Clients.OPERATOR,
                key.scopes(),
                Objects.requireNonNullElse(key.expiresAt(), Instant.MAX),
                audience,
                gateway);
    }

    private static Holder operator(Caller caller, String audience, String gateway) {
        return operator(caller.subject(), caller.clientId(), caller.scopes(), caller.expiresAt(), audience, gateway);
    }

    private static Holder operator(
            String subject, String clientId, Set<String> scopes, Instant goodUntil, String audience, String gateway) {
        var known = new HashSet<>(scopes);
        known.retainAll(Clients.operatorScopes());
        return new Holder(
                new Entitlement(subject, clientId, audience, known, new Actor(gateway, null), null, null),
                goodUntil,
                null);
    }
}
