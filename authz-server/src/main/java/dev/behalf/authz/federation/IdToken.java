package dev.behalf.authz.federation;

import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.provider.EmailDomain;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.kernel.secret.Sha256;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who signed in at a provider, as its ID token proves (OpenID Connect Core §3.1.3.7).
///
/// @param subject  the `sub`
/// @param username the value of the claim that the provider was registered with: what names the user
/// @param email    if the provider says that it verified it, else null
record IdToken(
        String subject,
        String username,
        @Nullable String name,
        @Nullable String email) {

    private static final Duration SKEW = Duration.ofSeconds(60);
    private static final Duration MAX_AGE = Duration.ofMinutes(10);
    private static final int MAX_SUBJECT = 255;

    /// What the token must be about.
    ///
    /// @param clientId   whom it must be for, alone
    /// @param nonce      what it must repeat
    /// @param provenFrom since when the person must have proved who they are; null: whenever
    record Expected(
            ProviderState registered,
            String clientId,
            String nonce,
            @Nullable Instant provenFrom,
            Instant now) {}

    /// Says only which check failed. A token that fails one is not looked at further.
    static final class Refused extends RuntimeException {
        Refused(String check) {
            super(check, null, false, false);
        }
    }

    /// @param accessToken what came with it, or empty
    /// @throws Refused when it is not a proof of that
    static IdToken verify(String token, String accessToken, KeySet keys, Expected expected) {
        var registered = expected.registered();
        RawJwt raw;
        try {
            raw = RawJwt.parse(token);
        } catch (InvalidJwt e) {
            throw new Refused("form");
        }
        check(raw.type() == null || "jwt".equals(raw.type()), "type");
        check(
                registered.algorithms().isEmpty()
                        || registered.algorithms().contains(raw.algorithm().name()),
                "algorithm");
        var claims =
                keys.verify(raw).orElseThrow(() -> new Refused("signature")).claims();
        check(claims.get("iss") instanceof String iss && registered.isIssuer(iss), "iss");
        check(isFor(claims, expected.clientId()), "aud");
        check(expected.nonce().equals(claims.get("nonce")), "nonce");
        checkTimes(claims, expected);
        checkAccessToken(claims, accessToken, raw.algorithm().name());
        if (!(claims.get("sub") instanceof String subject) || subject.isEmpty() || subject.length() > MAX_SUBJECT) {
            throw new Refused("sub");
        }
        var username = username(claims, registered.userIdClaim());
        check(EmailDomain.isAllowed(claims, username, registered.allowedDomains()), "allowed domains");
        boolean verified = Boolean.TRUE.equals(claims.get("email_verified"));
        return new IdToken(subject, username, text(claims, "name"), verified ? text(claims, "email") : null);
    }

    /// For us and nobody else: a token that others were meant to have is one that they could hand on.
    private static boolean isFor(Map<String, @Nullable Object> claims, String clientId) {
        var azp = claims.get("azp");
        return (clientId.equals(claims.get("aud")) || List.of(clientId).equals(claims.get("aud")))
                && (azp == null || clientId.equals(azp));
    }

    private static void checkTimes(Map<String, @Nullable Object> claims, Expected expected) {
        var now = expected.now();
        check(time(claims, "exp").plus(SKEW).isAfter(now), "exp");
        var issuedAt = time(claims, "iat");
        check(!issuedAt.isAfter(now.plus(SKEW)) && issuedAt.isAfter(now.minus(MAX_AGE)), "iat");
        check(!claims.containsKey("nbf") || !time(claims, "nbf").isAfter(now.plus(SKEW)), "nbf");
        var provenFrom = expected.provenFrom();
        check(provenFrom == null || !time(claims, "auth_time").isBefore(provenFrom.minus(SKEW)), "auth_time");
    }

    /// `at_hash` (§3.1.3.6), where the hash is SHA-256. We do not use the access token, so it is no loss that
    /// for other hashes nothing is compared.
    private static void checkAccessToken(Map<String, @Nullable Object> claims, String accessToken, String algorithm) {
        if (claims.containsKey("at_hash") && !accessToken.isEmpty() && algorithm.endsWith("256")) {
            var half = Arrays.copyOf(Sha256.of(accessToken).bytes(), 16);
            check(
                    Base64.getUrlEncoder().withoutPadding().encodeToString(half).equals(claims.get("at_hash")),
                    "at_hash");
        }
    }

    /// The claim of that very name, or, for `a.b`, the member `b` of the claim `a`: as for users' tokens.
    private static String username(Map<String, @Nullable Object> claims, String claim) {
        @Nullable Object value = claims.get(claim);
        if (!claims.containsKey(claim)) {
            value = claims;
            for (var part : claim.split("\\.", -1)) {
                value = value instanceof Map<?, ?> map ? map.get(part) : null;
            }
        }
        return switch (value) {
            case String text when !text.isBlank() -> text;
            case Long number -> Long.toString(number);
            case java.math.BigInteger number -> number.toString();
            case null, default -> throw new Refused("user id claim");
        };
    }

    private static Instant time(Map<String, @Nullable Object> claims, String name) {
        return switch (claims.get(name)) {
            case Long seconds when Math.abs(seconds) < 1L << 40 -> Instant.ofEpochSecond(seconds);
            case java.math.BigDecimal seconds
            when seconds.abs().compareTo(java.math.BigDecimal.valueOf(1L << 40)) < 0 ->
                Instant.ofEpochSecond(seconds.longValue());
            case null, default -> throw new Refused(name);
        };
    }

    private static @Nullable String text(Map<String, @Nullable Object> claims, String name) {
        return claims.get(name) instanceof String text
                        && !text.isBlank()
                        && text.length() <= MAX_SUBJECT
                        && text.chars().noneMatch(Character::isISOControl)
                ? text
                : null;
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new Refused(what);
        }
    }

    @Override
    public String toString() {
        return "IdToken[redacted]";
    }
}
