package dev.behalf.vault.connect;

import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;

/// An account was not connected. Apps are told in the problem, people on a page, both in words of ours.
public final class ConnectFailed extends ProblemException {

    /// Why.
    public enum Reason {
        /// The state is not known, was used, is too old, or is another user's or browser's.
        STATE,
        /// The answer is another provider's (RFC 9207), or is none.
        ANSWER,
        /// The user said no there, or the provider did.
        DENIED,
        /// The provider did not accept the code or the scopes.
        CODE,
        /// Another account than the one to connect again.
        OTHER_ACCOUNT,
        /// The provider does not accept the token or key, or does not tell whose it is.
        TOKEN,
        /// The provider does not accept this vault: its operator has to mend that.
        MISCONFIGURED,
        /// The provider, or something here, does not answer now.
        UNAVAILABLE
    }

    private final Reason reason;

    private ConnectFailed(Reason reason, Problem problem) {
        super(problem);
        this.reason = reason;
    }

    /// 400.
    static ConnectFailed of(Reason reason, String detail) {
        return new ConnectFailed(reason, Problem.of(HttpStatus.BAD_REQUEST, "not-connected", detail));
    }

    /// 502: what stands between this vault and the provider is wrong, not what the user did.
    static ConnectFailed misconfigured(String detail) {
        return new ConnectFailed(
                Reason.MISCONFIGURED, Problem.of(HttpStatus.BAD_GATEWAY, "provider-misconfigured", detail));
    }

    /// 503 with `Retry-After`.
    static ConnectFailed unavailable(String detail, long retryAfterSeconds) {
        var failed = new ConnectFailed(Reason.UNAVAILABLE, Problem.of(HttpStatus.SERVICE_UNAVAILABLE, detail));
        failed.header("Retry-After", Long.toString(Math.max(1, retryAfterSeconds)));
        return failed;
    }

    public Reason reason() {
        return reason;
    }
}
