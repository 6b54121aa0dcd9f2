package dev.behalf.validator.judge;

import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.jose.VerifiedJwt;
import dev.behalf.kernel.oauth.AccessTokenKeys;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.revocation.RevocationFeed;
import dev.behalf.validator.jwks.Workers;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Judges the access tokens of our own authorization server (RFC 9068 §4) for a resource: whoever shows one
/// acts for the user that it names, within its scopes, until it expires or is revoked.
@Singleton
final class OwnTokens {

    static final List<String> CHECKS =
            List.of("issuer", "audience", "algorithm", "signature", "times", "revocation", "user");

    private static final Duration SOON = Duration.ofSeconds(1);

    private final OAuthSettings settings;
    private final AccessTokenKeys keys;
    private final RevocationFeed revocations;
    private final JudgeSettings judging;
    private final Workers workers;
    private final Clock clock;

    OwnTokens(
            OAuthSettings settings,
            AccessTokenKeys keys,
            RevocationFeed revocations,
            JudgeSettings judging,
            Workers workers,
            Clock clock) {
        this.settings = settings;
        this.keys = keys;
        this.revocations = revocations;
        this.judging = judging;
        this.workers = workers;
        this.clock = clock;
    }

    /// Whether the token says that it is ours.
    boolean claims(RawJwt jwt) {
        return settings.issuer().equals(jwt.unprovedClaims().get("iss"));
    }

    /// @param resource that the token must be for, and for no other
    Mono<Verdict> judge(RawJwt jwt, String resource, Steps steps) {
        steps.begin("issuer");
        steps.pass("our own authorization server");
        steps.begin("audience");
        if (!resource.equals(audience(jwt.unprovedClaims().get("aud")))) {
            throw Refusal.invalid("the token is for another resource", Refusal.FOR_GOOD);
        }
        steps.pass("the resource");
        steps.begin("algorithm");
        var keyId = jwt.keyId();
        if (jwt.algorithm() != JwsAlgorithm.ES256 || !"at+jwt".equals(jwt.type()) || keyId == null) {
            throw Refusal.invalid("the token is not an access token of ours", Refusal.FOR_GOOD);
        }
        steps.pass(jwt.algorithm().name());
        steps.begin("signature");
        return keys.forKeyId(keyId)
                .publishOn(workers.judging())
                .map(set -> decide(prove(set, jwt), steps))
                .onErrorResume(
                        ProblemException.class,
                        _ -> Mono.just(new Verdict.Unavailable("our own keys cannot be read", SOON)));
    }

    private static VerifiedJwt prove(KeySet set, RawJwt jwt) {
        return set.verify(jwt)
                .orElseThrow(() -> set.mayHold(jwt.keyId())
                        ? Refusal.invalid("the signature is not valid", Refusal.BRIEFLY)
                        : Refusal.invalid("the key that signed the token is not known", Refusal.SHORTLY));
    }

    private Verdict decide(VerifiedJwt jwt, Steps steps) {
        var claims = jwt.claims();
        steps.pass("valid");
        steps.begin("times");
        var expiresAt = expiry(claims);
        steps.pass("good until " + expiresAt);
        steps.begin("revocation");
        if (!(claims.get("jti") instanceof String id)
                || !(claims.get("sub") instanceof String subject)
                || !(claims.get("client_id") instanceof String client)
                || !(claims.get("iat") instanceof Long issuedAt)
                || !(claims.getOrDefault("scope", "") instanceof String scope)) {
            throw Refusal.invalid("the token is not an access token of ours", Refusal.FOR_GOOD);
        }
        var grant = claims.get("gid") instanceof String gid ? gid : null;
        if (!revocations.isCurrent()) {
            return new Verdict.Unavailable("it is not known which tokens are revoked", SOON);
        }
        if (revocations.now().cover(grant, id, client, issuedAt)) {
            throw Refusal.invalid("the token was revoked", Refusal.FOR_GOOD);
        }
        steps.pass("not revoked");
        steps.begin("user");
        if (!(claims.get("username") instanceof String username) || username.isBlank()) {
            throw Refusal.forbidden("the token is not on behalf of a user");
        }
        var userId = UserId.forHeader(username);
        steps.pass("the user is " + userId);
        return new Verdict.Delegated(
                userId,
                subject,
                settings.issuer(),
                client,
                Scope.parse(scope),
                claims.get("act") instanceof Map<?, ?> act ? act : Map.of(),
                grant,
                id,
                issuedAt,
                expiresAt);
    }

    /// The clocks of the suite may differ, but a token of ours is not good beyond what it says.
    private Instant expiry(Map<String, @Nullable Object> claims) {
        var now = clock.instant();
        var expiresAt = Times.check(claims, now, judging.clockSkew()).minus(judging.clockSkew());
        if (!now.isBefore(expiresAt)) {
            throw Refusal.invalid("the token has expired", Refusal.FOR_GOOD);
        }
        return expiresAt;
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
