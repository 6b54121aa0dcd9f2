package dev.behalf.validator.judge;

import java.time.Duration;

/// A check fails: ends the judging with [Verdict.Refused].
final class Refusal extends RuntimeException {

    /// What depends on the token alone will be the same for as long as anybody asks.
    static final Duration FOR_GOOD = Duration.ofSeconds(60);

    /// What depends on the keys or the configuration may change soon.
    static final Duration SHORTLY = Duration.ofSeconds(1);

    private final boolean forbidden;
    private final Duration cacheFor;

    private Refusal(String detail, boolean forbidden, Duration cacheFor) {
        super(detail, null, false, false);
        this.forbidden = forbidden;
        this.cacheFor = cacheFor;
    }

    /// 401: the token proves nothing.
    static Refusal invalid(String detail, Duration cacheFor) {
        return new Refusal(detail, false, cacheFor);
    }

    /// 403: the token is good, its user is not allowed.
    static Refusal forbidden(String detail) {
        return new Refusal(detail, true, SHORTLY);
    }

    boolean isForbidden() {
        return forbidden;
    }

    Duration cacheFor() {
        return cacheFor;
    }
}
