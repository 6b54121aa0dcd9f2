package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.oauth.OAuthSettings;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// `private_key_jwt`: an assertion signed by a key of the client's (RFC 7523 §2.2, §3; OpenID Connect Core §9).
/// Each is good once, on all replicas together.
@Singleton
@Order(3)
final class PrivateKeyJwt implements ClientAuthentication {

    private static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final Set<String> TYPES = Set.of("jwt", "client-authentication+jwt");
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final int MAX_JTI = 512;

    private final ClientKeys keys;
    private final ClientAssertionTable assertions;
    private final Set<String> ourselves;
    private final Clock clock;

    PrivateKeyJwt(ClientKeys keys, ClientAssertionTable assertions, OAuthSettings oauth, Clock clock) {
        this.keys = keys;
        this.assertions = assertions;
        var issuer = oauth.issuer();
        // RFC 7523 §3 and RFC 9126 §2 know several names for us
        this.ourselves = Set.of(issuer, issuer + "/oauth/token", issuer + "/oauth/par");
        this.clock = clock;
    }

    @Override
    public String method() {
        return "private_key_jwt";
    }

    @Override
    public boolean isUsedBy(OAuthRequest request) {
        return request.parameter("client_assertion").isPresent()
                || request.parameter("client_assertion_type").isPresent();
    }

    @Override
    public Optional<String> claimedId(OAuthRequest request) {
        return read(request)
                .flatMap(jwt -> jwt.unprovedClaims().get("sub") instanceof String subject
                        ? Optional.of(subject)
                        : Optional.empty())
                .filter(id -> request.parameter("client_id").map(id::equals).orElse(true));
    }

    @Override
    public Mono<Boolean> proves(OAuthRequest request, Client client) {
        return Mono.justOrEmpty(read(request))
                .filter(jwt -> isFor(jwt.unprovedClaims(), client))
                .flatMap(jwt -> keys.of(client, jwt.keyId())
                        .publishOn(Schedulers.parallel()) // a signature takes its time
                        .flatMap(set -> Mono.justOrEmpty(set.verify(jwt))))
                .flatMap(proved -> assertions.take(
                        client.id(),
                        String.valueOf(proved.claims().get("jti")),
                        clock.instant(),
                        clock.instant().plus(LONGEST).plus(SKEW.multipliedBy(2))))
                .defaultIfEmpty(false);
    }

    private static Optional<RawJwt> read(OAuthRequest request) {
        if (!request.parameter("client_assertion_type")
                .filter(ASSERTION_TYPE::equals)
                .isPresent()) {
            return Optional.empty();
        }
        try {
            return request.parameter("client_assertion").map(jwt -> RawJwt.parse(jwt, TYPES));
        } catch (InvalidJwt e) {
            return Optional.empty();
        }
    }

    /// RFC 7523 §3: who says so, of whom, to whom, and when.
    private boolean isFor(Map<String, @Nullable Object> claims, Client client) {
        return client.id().equals(claims.get("iss"))
                && client.id().equals(claims.get("sub"))
                && isOurs(claims.get("aud"))
                && claims.get("jti") instanceof String jti
                && !jti.isEmpty()
                && jti.length() <= MAX_JTI
                && isTime(claims);
    }

    /// Nobody else may be meant beside us: to them the assertion could be replayed, and by them to us.
    private boolean isOurs(@Nullable Object audience) {
        return switch (audience) {
            case String one -> ourselves.contains(one);
            case List<?> list -> !list.isEmpty() && ourselves.containsAll(list);
            case null, default -> false;
        };
    }

    private boolean isTime(Map<String, @Nullable Object> claims) {
        long now = clock.instant().getEpochSecond();
        long skew = SKEW.toSeconds();
        return claims.get("exp") instanceof Number expiry
                && now < expiry.longValue() + skew
                && expiry.longValue() <= now + LONGEST.toSeconds() + skew
                && claims.getOrDefault("nbf", 0L) instanceof Number notBefore
                && notBefore.longValue() <= now + skew
                && claims.getOrDefault("iat", 0L) instanceof Number issuedAt
                && issuedAt.longValue() <= now + skew;
    }
}
