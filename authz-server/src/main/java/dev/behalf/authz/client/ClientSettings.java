package dev.behalf.authz.client;

import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;

/// A configured client: `behalf.authz.clients.<id>.secret`.
///
/// @param id     the client's id
/// @param secret at least 32 characters of high entropy; kept as a digest only, never printed
@EachProperty("behalf.authz.clients")
record ClientSettings(@Parameter String id, String secret) {

    private static final int MIN_SECRET_LENGTH = 32;

    ClientSettings {
        if (secret.length() < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "behalf.authz.clients." + id + ".secret must have at least " + MIN_SECRET_LENGTH + " characters");
        }
    }

    @Override
    public String toString() {
        return "ClientSettings[" + id + "]";
    }
}
