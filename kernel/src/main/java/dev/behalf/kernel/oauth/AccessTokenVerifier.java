package dev.behalf.kernel.oauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Checks one of our own access tokens: `typ` is `at+jwt`, ES256 by a key of the authorization server, `iss` is ours,
/// `aud` is exactly the audience asked for, `exp` has not passed (RFC 9068 §4). No clock skew is granted: the services
/// share a clock source or tolerate the refusal.
///
/// A token that was good is remembered by its digest until it expires, so that a service which calls often costs one
/// signature check.
@Singleton
@Requires(property = "behalf.oauth.issuer")
public final class AccessTokenVerifier {

    private static final int MAX_TOKEN_LENGTH = 8 * 1024;
    private static final JOSEObjectType AT_JWT = new JOSEObjectType("at+jwt");

    private record Known(Caller caller, List<String> audience, Instant expiresAt) {}

    private final OAuthSettings settings;
    private final AccessTokenKeys keys;
    private final Clock clock;
    private final Cache<Sha256, Known> known = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(Duration.ofMinutes(10))
            .build();

    AccessTokenVerifier(OAuthSettings settings, AccessTokenKeys keys, Clock clock) {
        this.settings = settings;
        this.keys = keys;
        this.clock = clock;
    }

    /// The caller, or nothing when the token is not good. Fails with
    /// [dev.behalf.kernel.problem.ProblemException] (503) when the keys cannot be had.
    ///
    /// @param audience the `aud` that the token must be restricted to
    public Mono<Caller> verify(String token, String audience) {
        return Mono.defer(() -> {
            if (token.length() > MAX_TOKEN_LENGTH) {
                return Mono.empty();
            }
            var digest = Sha256.of(token);
            var remembered = known.getIfPresent(digest);
            if (remembered != null) {
                return accept(remembered, audience);
            }
            return check(token).doOnNext(good -> known.put(digest, good)).flatMap(good -> accept(good, audience));
        });
    }

    private Mono<Caller> accept(Known token, String audience) {
        return token.audience.equals(List.of(audience)) && clock.instant().isBefore(token.expiresAt)
                ? Mono.just(token.caller)
                : Mono.empty();
    }

    private Mono<Known> check(String token) {
        SignedJWT jwt;
        try {
            jwt = SignedJWT.parse(token);
        } catch (ParseException e) {
            return Mono.empty();
        }
        var header = jwt.getHeader();
        if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())
                || !AT_JWT.equals(header.getType())
                || header.getKeyID() == null
                || header.getCriticalParams() != null) {
            return Mono.empty();
        }
        return keys.byId(header.getKeyID())
                .publishOn(Schedulers.parallel())
                .filter(key -> signedBy(key, jwt))
                .flatMap(_ -> Mono.justOrEmpty(read(jwt)));
    }

    private static boolean signedBy(ECKey key, SignedJWT jwt) {
        try {
            return jwt.verify(new ECDSAVerifier(key.toECPublicKey()));
        } catch (JOSEException e) {
            return false;
        }
    }

    private java.util.Optional<Known> read(SignedJWT jwt) {
        try {
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            var clientId = claims.getStringClaim("client_id");
            var scope = claims.getStringClaim("scope");
            if (!settings.issuer().equals(claims.getIssuer())
                    || claims.getSubject() == null
                    || clientId == null
                    || claims.getExpirationTime() == null) {
                return java.util.Optional.empty();
            }
            var act = claims.getJSONObjectClaim("act");
            var actor = act != null && act.get("sub") instanceof String sub ? sub : null;
            var caller = new Caller(claims.getSubject(), clientId, Scope.parse(scope == null ? "" : scope), actor);
            return java.util.Optional.of(new Known(
                    caller, claims.getAudience(), claims.getExpirationTime().toInstant()));
        } catch (ParseException e) {
            return java.util.Optional.empty();
        }
    }
}
