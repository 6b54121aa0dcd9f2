package dev.behalf.kernel.oauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Checks one of our own access tokens: `typ` is `at+jwt`, ES256 by a key of the authorization server, `iss` is
/// ours, `aud` is exactly the audience asked for, it has `jti` and `iat`, `exp` has not passed and `nbf`, if
/// there is one, has (RFC 9068 §2.2, §4). No clock skew is granted: the services share a clock source or
/// tolerate the refusal.
///
/// A token that was good is remembered by its digest until it expires, so that a service which calls often
/// costs one signature check.
@Singleton
@Requires(property = "behalf.oauth.issuer")
public final class AccessTokenVerifier {

    private static final int MAX_TOKEN_LENGTH = 8 * 1024;

    /// No token of ours lives that long: one that says so is not ours.
    private static final Duration MAX_LIFETIME = Duration.ofDays(1);

    private record Known(Caller caller, String audience) {}

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
        return token.audience.equals(audience) && clock.instant().isBefore(token.caller.expiresAt())
                ? Mono.just(token.caller)
                : Mono.empty();
    }

    private Mono<Known> check(String token) {
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

    private Optional<Known> read(Map<String, @Nullable Object> claims) {
        var audience = audience(claims.get("aud"));
        if (audience != null
                && settings.issuer().equals(claims.get("iss"))
                && claims.get("sub") instanceof String subject
                && claims.get("client_id") instanceof String clientId
                && claims.getOrDefault("scope", "") instanceof String scope
                && claims.getOrDefault("act", Map.of()) instanceof Map<?, ?> act
                && claims.get("jti") instanceof String id
                && claims.get("iat") instanceof Long issuedAt
                && claims.getOrDefault("nbf", 0L) instanceof Long notBefore
                && claims.get("exp") instanceof Long expiry
                && isTime(notBefore, expiry)) {
            var actor = act.get("sub") instanceof String sub ? sub : null;
            var expiresAt = Instant.ofEpochSecond(expiry);
            var grant = claims.get("gid") instanceof String gid ? gid : null;
            return Optional.of(new Known(
                    new Caller(
                            subject,
                            clientId,
                            Scope.parse(scope),
                            actor,
                            grant,
                            id,
                            Instant.ofEpochSecond(issuedAt),
                            expiresAt),
                    audience));
        }
        return Optional.empty();
    }

    private boolean isTime(long notBefore, long expiry) {
        long now = clock.instant().getEpochSecond();
        return notBefore <= now && now < expiry && expiry - now <= MAX_LIFETIME.toSeconds();
    }

    /// The one audience; null when there is another number of them.
    private static @Nullable String audience(@Nullable Object aud) {
        return switch (aud) {
            case String one -> one;
            case List<?> list when list.size() == 1 && list.getFirst() instanceof String one -> one;
            case null, default -> null;
        };
    }
}
