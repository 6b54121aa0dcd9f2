package dev.behalf.vault.provider;

/// A definition that is not fit for use. The message names the field, and holds no secret.
public final class InvalidProvider extends RuntimeException {

    public InvalidProvider(String message) {
        super(message, null, false, false);
    }
}
