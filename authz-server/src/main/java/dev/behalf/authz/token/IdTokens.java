package dev.behalf.authz.token;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.grant.Grant;
import dev.behalf.authz.key.SigningKeys;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.oauth.OAuthSettings;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Makes ID tokens (OpenID Connect Core §2). They say who signed in and when; what more the client may know of
/// the person it asks at `/oauth/userinfo`. Each is signed by the algorithm that its client registered.
@Singleton
final class IdTokens {

    private static final Duration LIFETIME = Duration.ofMinutes(10);

    private final SigningKeys keys;
    private final OAuthSettings settings;
    private final Clock clock;

    IdTokens(SigningKeys keys, OAuthSettings settings, Clock clock) {
        this.keys = keys;
        this.settings = settings;
        this.clock = clock;
    }

    /// @param nonce of the authorization request, or null
    Mono<String> issue(Grant grant, Client client, @Nullable String nonce) {
        var algorithm = client.metadata().idTokenAlgorithm();
        var current = keys.current(algorithm);
        // Only ES256 is cheap enough to be made where it is asked for: RS256 takes a millisecond.
        return (algorithm == JwsAlgorithm.ES256 ? current : current.publishOn(Schedulers.parallel())).map(key -> {
            long now = clock.instant().getEpochSecond();
            var claims = new LinkedHashMap<String, Object>();
            claims.put("iss", settings.issuer());
            claims.put("sub", grant.subject());
            claims.put("aud", client.id());
            claims.put("iat", now);
            claims.put("exp", now + LIFETIME.toSeconds());
            claims.put("auth_time", grant.authTime().getEpochSecond());
            if (nonce != null) {
                claims.put("nonce", nonce);
            }
            return key.sign("JWT", claims);
        });
    }
}
