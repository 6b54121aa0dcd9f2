package dev.behalf.validator.judge;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The times of a token (RFC 7519 §4.1.4 to 4.1.6): seconds since 1970, with a fraction or without.
final class Times {

    /// The year 9999; no honest token is later, and arithmetic stays safe.
    private static final BigDecimal LATEST = BigDecimal.valueOf(253_402_300_799L);

    private Times() {}

    /// Checks `exp`, which must be there, `nbf` and `iat`.
    ///
    /// @return from when on the token is refused: `exp` and the skew
    /// @throws Refusal when the token is not good at that time
    static Instant check(Map<String, @Nullable Object> claims, Instant now, Duration skew) {
        if (!claims.containsKey("exp")) {
            throw Refusal.invalid("the token has no exp", Refusal.FOR_GOOD);
        }
        var expiresAt = read(claims, "exp").plus(skew);
        if (!now.isBefore(expiresAt)) {
            throw Refusal.invalid("the token has expired", Refusal.FOR_GOOD);
        }
        notBefore(claims, "nbf", now.plus(skew), "the token is not valid yet");
        notBefore(claims, "iat", now.plus(skew), "the token was issued in the future");
        return expiresAt;
    }

    private static void notBefore(Map<String, @Nullable Object> claims, String name, Instant latest, String detail) {
        if (claims.containsKey(name)) {
            var wait = Duration.between(latest, read(claims, name));
            if (wait.isPositive()) {
                throw Refusal.premature(detail, wait);
            }
        }
    }

    private static Instant read(Map<String, @Nullable Object> claims, String name) {
        var number = switch (claims.get(name)) {
            case Long whole -> BigDecimal.valueOf(whole);
            case BigInteger huge -> new BigDecimal(huge);
            case BigDecimal exact -> exact;
            case null, default -> throw Refusal.invalid(name + " is not a number", Refusal.FOR_GOOD);
        };
        // The scale first: 1e999999999 must not be written out.
        if (Math.abs((long) number.precision() - number.scale()) > 20
                || number.signum() < 0
                || number.compareTo(LATEST) > 0) {
            throw Refusal.invalid(name + " is not a time", Refusal.FOR_GOOD);
        }
        return Instant.ofEpochMilli(
                number.movePointRight(3).setScale(0, RoundingMode.FLOOR).longValueExact());
    }
}
