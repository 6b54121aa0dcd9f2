package dev.behalf.vault.crypto;

import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;

/// The key-encryption keys cannot be used now: their service is away, overloaded, sealed, or does not let this
/// vault in. The stored values are sound. The client is told to come back (503); why, is for the log.
public final class KeysUnavailable extends ProblemException {

    private static final int RETRY_AFTER_SECONDS = 5;

    private final String reason;

    /// @param reason for the operator; holds nothing secret
    public KeysUnavailable(String reason) {
        super(HttpStatus.SERVICE_UNAVAILABLE, "the keys of the vault cannot be used now");
        header("Retry-After", Integer.toString(RETRY_AFTER_SECONDS));
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }
}
