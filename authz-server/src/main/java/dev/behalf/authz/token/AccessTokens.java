package dev.behalf.authz.token;

import dev.behalf.authz.key.SigningKeys;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Secret;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// Makes access tokens (RFC 9068): ES256, `at+jwt`, restricted to one audience.
@Singleton
public final class AccessTokens {

    private final SigningKeys keys;
    private final OAuthSettings settings;
    private final Clock clock;

    AccessTokens(SigningKeys keys, OAuthSettings settings, Clock clock) {
        this.keys = keys;
        this.settings = settings;
        this.clock = clock;
    }

    /// A token that says so for that long.
    public Mono<IssuedToken> issue(Entitlement entitlement, Duration lifetime) {
        return issue(entitlement, lifetime, Instant.MAX);
    }

    /// The same, but no longer than until `end`. Emits nothing when less than a second is left.
    public Mono<IssuedToken> issue(Entitlement entitlement, Duration lifetime, Instant end) {
        return keys.current() // ES256: cheap enough to be made where it is asked for
                .flatMap(key -> Mono.justOrEmpty(sign(key, entitlement, lifetime, end)));
    }

    private Optional<IssuedToken> sign(SigningKey key, Entitlement entitlement, Duration lifetime, Instant end) {
        long now = clock.instant().getEpochSecond();
        long seconds = Math.min(lifetime.toSeconds(), end.getEpochSecond() - now);
        if (seconds < 1) {
            return Optional.empty();
        }
        var claims = new LinkedHashMap<String, Object>();
        claims.put("iss", settings.issuer());
        claims.put("sub", entitlement.subject());
        claims.put("client_id", entitlement.clientId());
        claims.put("aud", entitlement.audience());
        claims.put("scope", Scope.text(new TreeSet<>(entitlement.scopes())));
        claims.put("iat", now);
        claims.put("exp", now + seconds);
        claims.put("jti", UUID.randomUUID().toString());
        if (entitlement.actor() != null) {
            claims.put("act", entitlement.actor().toJson());
        }
        if (entitlement.mayAct() != null) {
            claims.put("may_act", Map.of("sub", entitlement.mayAct()));
        }
        if (entitlement.grant() != null) {
            claims.put("gid", entitlement.grant().gid());
            claims.put("username", entitlement.grant().username());
            claims.put("auth_time", entitlement.grant().authTime().getEpochSecond());
        }
        return Optional.of(new IssuedToken(
                Secret.of(key.sign("at+jwt", claims)), Duration.ofSeconds(seconds), entitlement.scopes()));
    }
}
