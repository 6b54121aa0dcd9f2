package dev.behalf.local;

/// The command cannot be carried out; the message is the one line that the user sees.
final class Refused extends RuntimeException {
    Refused(String message) {
        super(message, null, false, false);
    }
}
