package dev.behalf.vault.crypto;

import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;

/// A stored value cannot be opened, and trying again will not help. The client learns no more than that (409);
/// the reason is for the audit log.
public final class NotDecryptable extends ProblemException {

    /// Why not.
    public enum Reason {
        /// It is not in a form that was ever written.
        MALFORMED,
        /// No key-encryption key that this vault may use has that id.
        UNKNOWN_KEY,
        /// The key-encryption key did not wrap that data key.
        NOT_WRAPPED_BY_THIS_KEY,
        /// The value was changed, or is of another owner, place or time.
        TAMPERED
    }

    private final Reason reason;

    public NotDecryptable(Reason reason) {
        super(Problem.of(HttpStatus.CONFLICT, "secret-undecryptable", "the stored secret cannot be opened"));
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
