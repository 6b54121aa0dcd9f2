package dev.behalf.authz.authorize;

/// The request is refused on a page of ours: it names no client, or nowhere that an answer may go (RFC 6749
/// §4.1.2.1).
final class Shown extends RuntimeException {

    /// @param message a key of the messages, such as `error.unknown-client`
    Shown(String message) {
        super(message, null, false, false);
    }

    String message() {
        return String.valueOf(getMessage());
    }
}
