package dev.behalf.authz.token;

import dev.behalf.authz.key.SigningKeys;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Secret;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

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

    /// @param actor who acts for the subject (RFC 8693 §4.1), or null when it acts itself
    public Mono<IssuedToken> issue(
            String subject,
            String clientId,
            String audience,
            Set<String> scopes,
            Duration lifetime,
            @Nullable String actor) {
        return keys.current()
                .publishOn(Schedulers.parallel()) // a signature takes a good part of a millisecond
                .map(key -> {
                    long now = clock.instant().getEpochSecond();
                    var claims = new LinkedHashMap<String, Object>();
                    claims.put("iss", settings.issuer());
                    claims.put("sub", subject);
                    claims.put("client_id", clientId);
                    claims.put("aud", audience);
                    claims.put("scope", Scope.text(new TreeSet<>(scopes)));
                    claims.put("iat", now);
                    claims.put("exp", now + lifetime.toSeconds());
                    claims.put("jti", UUID.randomUUID().toString());
                    if (actor != null) {
                        claims.put("act", Map.of("sub", actor));
                    }
                    return new IssuedToken(Secret.of(key.sign("at+jwt", claims)), lifetime, scopes);
                });
    }
}
