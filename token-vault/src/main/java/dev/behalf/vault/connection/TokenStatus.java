package dev.behalf.vault.connection;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How long a token is still good, in a word and in a text for people.
public enum TokenStatus {
    /// Good, and for longer than [#SOON].
    VALID("valid"),
    EXPIRING_SOON("expiring_soon"),
    EXPIRED("expired");

    /// Less than this left is soon.
    public static final Duration SOON = Duration.ofMinutes(5);

    private final String word;

    TokenStatus(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /// The status at that time. A token has expired at its instant, and not only after it.
    ///
    /// @param expiresAt null: never
    public static TokenStatus of(@Nullable Instant expiresAt, Instant now) {
        if (expiresAt == null) {
            return VALID;
        }
        var left = Duration.between(now, expiresAt);
        if (!left.isPositive()) {
            return EXPIRED;
        }
        return left.compareTo(SOON) < 0 ? EXPIRING_SOON : VALID;
    }

    /// Such as `Expires in 5 minutes`, `Expired 1 hour ago` or `Token does not expire`.
    public static String text(@Nullable Instant expiresAt, Instant now) {
        if (expiresAt == null) {
            return "Token does not expire";
        }
        var left = Duration.between(now, expiresAt);
        return left.isPositive() ? "Expires in " + text(left) : "Expired " + text(left.negated()) + " ago";
    }

    /// In whole units of the largest that fits: `59 seconds`, `1 minute`, `23 hours`, `2 days`.
    static String text(Duration duration) {
        if (duration.toDays() > 0) {
            return counted(duration.toDays(), "day");
        }
        if (duration.toHours() > 0) {
            return counted(duration.toHours(), "hour");
        }
        if (duration.toMinutes() > 0) {
            return counted(duration.toMinutes(), "minute");
        }
        return counted(duration.toSeconds(), "second");
    }

    private static String counted(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }
}
