package dev.behalf.validator.judge;

import java.time.Duration;

/// A check fails: ends the judging with [Verdict.Refused].
final class Refusal extends RuntimeException {

    /// What depends on the token alone will be the same for as long as anybody asks.
    static final Duration FOR_GOOD = Duration.ofSeconds(60);

    /// What depends on the token and on the provider at its revision, which the verdict names.
    static final Duration WHILE_UNCHANGED = Duration.ofSeconds(30);

    /// A wrong signature: only an issuer that replaces a key and keeps its id could make it right.
    static final Duration BRIEFLY = Duration.ofSeconds(5);

    /// What depends on who is registered, or on keys that are not known yet.
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

    /// 401: the token proves nothing before then.
    ///
    /// @param wait kept within [#SHORTLY] and [#FOR_GOOD]
    static Refusal premature(String detail, Duration wait) {
        var atLeast = wait.compareTo(SHORTLY) < 0 ? SHORTLY : wait;
        return invalid(detail, atLeast.compareTo(FOR_GOOD) > 0 ? FOR_GOOD : atLeast);
    }

    /// 403: the token is good, its user is not allowed.
    static Refusal forbidden(String detail) {
        return new Refusal(detail, true, WHILE_UNCHANGED);
    }

    boolean isForbidden() {
        return forbidden;
    }

    Duration cacheFor() {
        return cacheFor;
    }
}
