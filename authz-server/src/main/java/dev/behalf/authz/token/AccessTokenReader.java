package dev.behalf.authz.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.authz.event.Revocations;
import dev.behalf.authz.grant.Actor;
import dev.behalf.authz.key.SigningKeys;
import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Reads access tokens of ours that are shown to us again, whatever resource they are for: at introspection,
/// revocation, userinfo and token exchange. That one was signed by us is remembered; that it was not revoked is
/// asked each time.
@Singleton
public final class AccessTokenReader {

    private static final int MAX_LENGTH = 8 * 1024;

    private final Cache<Sha256, AccessToken> signed =
            Caffeine.newBuilder().maximumSize(10_000).build();
    private final SigningKeys keys;
    private final Revocations revocations;
    private final OAuthSettings settings;
    private final Clock clock;

    AccessTokenReader(SigningKeys keys, Revocations revocations, OAuthSettings settings, Clock clock) {
        this.keys = keys;
        this.revocations = revocations;
        this.settings = settings;
        this.clock = clock;
    }

    /// The token, or nothing when it is not a good one.
    public Mono<AccessToken> read(String token) {
        return signedByUs(token)
                .filterWhen(read -> revocations
                        .concern(gid(read), read.id(), read.entitlement().clientId(), read.issuedAt())
                        .map(revoked -> !revoked));
    }

    private Mono<AccessToken> signedByUs(String token) {
        return Mono.defer(() -> {
                    if (token.length() > MAX_LENGTH) {
                        return Mono.empty();
                    }
                    var digest = Sha256.of(token);
                    var known = signed.getIfPresent(digest);
                    return known != null ? Mono.just(known) : verify(token).doOnNext(read -> signed.put(digest, read));
                })
                .filter(read -> clock.instant().isBefore(read.expiresAt()));
    }

    private Mono<AccessToken> verify(String token) {
        RawJwt jwt;
        try {
            jwt = RawJwt.parse(token);
        } catch (InvalidJwt e) {
            return Mono.empty();
        }
        var keyId = jwt.keyId();
        if (jwt.algorithm() != JwsAlgorithm.ES256 || !"at+jwt".equals(jwt.type()) || keyId == null) {
            return Mono.empty();
        }
        return keys.forKeyId(keyId)
                .publishOn(Schedulers.parallel())
                .flatMap(set -> Mono.justOrEmpty(set.verify(jwt)))
                .flatMap(proved -> Mono.justOrEmpty(read(proved.claims())));
    }

    private Optional<AccessToken> read(Map<String, @Nullable Object> claims) {
        if (settings.issuer().equals(claims.get("iss"))
                && claims.get("sub") instanceof String subject
                && claims.get("client_id") instanceof String clientId
                && claims.get("aud") instanceof String audience
                && claims.get("scope") instanceof String scope
                && claims.get("jti") instanceof String id
                && claims.get("iat") instanceof Long issuedAt
                && claims.get("exp") instanceof Long expiresAt) {
            var mayAct = claims.get("may_act") instanceof Map<?, ?> may && may.get("sub") instanceof String actor
                    ? actor
                    : null;
            return Optional.of(new AccessToken(
                    new Entitlement(
                            subject,
                            clientId,
                            audience,
                            Scope.parse(scope),
                            Actor.of(claims.get("act")),
                            authority(claims),
                            mayAct),
                    id,
                    Instant.ofEpochSecond(issuedAt),
                    Instant.ofEpochSecond(expiresAt)));
        }
        return Optional.empty();
    }

    private static Entitlement.@Nullable Authority authority(Map<String, @Nullable Object> claims) {
        return claims.get("gid") instanceof String gid
                        && claims.get("username") instanceof String username
                        && claims.get("auth_time") instanceof Long authTime
                ? new Entitlement.Authority(gid, username, Instant.ofEpochSecond(authTime))
                : null;
    }

    private static @Nullable String gid(AccessToken token) {
        var grant = token.entitlement().grant();
        return grant == null ? null : grant.gid();
    }
}
