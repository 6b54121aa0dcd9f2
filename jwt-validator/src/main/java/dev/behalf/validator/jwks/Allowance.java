package dev.behalf.validator.jwks;

import java.time.Duration;
import java.time.Instant;

/// A token bucket: a few at once, then one each interval.
final class Allowance {

    private final int burst;
    private final Duration every;
    private double left;
    private Instant at;

    Allowance(int burst, Duration every, Instant now) {
        this.burst = burst;
        this.every = every;
        this.left = burst;
        this.at = now;
    }

    /// Takes one, if there is one. A clock that is set back takes none away.
    synchronized boolean take(Instant now) {
        long since = Math.max(0, Duration.between(at, now).toMillis());
        left = Math.min(burst, left + (double) since / every.toMillis());
        at = now;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
