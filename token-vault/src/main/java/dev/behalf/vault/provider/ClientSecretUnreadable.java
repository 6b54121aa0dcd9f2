package dev.behalf.vault.provider;

/// The file of a client secret is missing, empty or not readable.
public final class ClientSecretUnreadable extends RuntimeException {

    ClientSecretUnreadable(ProviderId provider) {
        super("the file of the client secret of " + provider + " cannot be read", null, false, false);
    }
}
