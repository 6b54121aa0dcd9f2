package dev.behalf.authz.credential;

import dev.behalf.authz.apikey.ApiKeys;
import dev.behalf.authz.client.Clients;
import dev.behalf.kernel.oauth.AccessTokenVerifier;
import dev.behalf.kernel.oauth.Audience;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import reactor.core.publisher.Mono;

/// Recognises operators by what they show: an API key, or an access token of ours for the management APIs.
@Singleton
final class Credentials {

    /// Who showed a good credential, what it allows, and until when.
    record Holder(String subject, String clientId, Set<String> scopes, Instant goodUntil) {
        Holder {
            var known = new HashSet<>(scopes);
            known.retainAll(Clients.operatorScopes());
            scopes = Set.copyOf(known);
        }
    }

    private final ApiKeys apiKeys;
    private final AccessTokenVerifier tokens;

    Credentials(ApiKeys apiKeys, AccessTokenVerifier tokens) {
        this.apiKeys = apiKeys;
        this.tokens = tokens;
    }

    /// The holder, or nothing when the credential is not good.
    Mono<Holder> recognise(String credential) {
        // Only a JWT has dots, so a credential is looked for in one place.
        return credential.indexOf('.') >= 0
                ? tokens.verify(credential, Audience.MANAGEMENT)
                        .map(caller ->
                                new Holder(caller.subject(), caller.clientId(), caller.scopes(), caller.expiresAt()))
                : apiKeys.recognise(credential)
                        .map(key -> new Holder(
                                "key:" + key.id(),
                                Clients.OPERATOR,
                                key.scopes(),
                                Objects.requireNonNullElse(key.expiresAt(), Instant.MAX)));
    }
}
