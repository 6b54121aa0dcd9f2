package dev.behalf.vault.registration;

import org.jspecify.annotations.Nullable;

/// A server did not register the vault, or did not do what it was asked to with a registration. The message is
/// ours.
final class RegistrationFailed extends RuntimeException {

    enum Kind {
        /// Later it may work.
        AWAY,
        /// The server knows neither the client nor its registration access token (RFC 7592 §2.1).
        GONE,
        /// An operator has to look.
        REFUSED
    }

    private final Kind kind;

    private RegistrationFailed(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    static RegistrationFailed away(String message) {
        return new RegistrationFailed(Kind.AWAY, message);
    }

    static RegistrationFailed unfit(String message) {
        return new RegistrationFailed(Kind.REFUSED, message);
    }

    /// @param error its error code (RFC 7591 §3.2.2)
    static RegistrationFailed refused(int status, @Nullable String error) {
        return new RegistrationFailed(
                status == 401 || status == 403 || status == 404 ? Kind.GONE : Kind.REFUSED,
                "the server refused with status " + status + (error == null ? "" : " and " + error));
    }

    Kind kind() {
        return kind;
    }
}
