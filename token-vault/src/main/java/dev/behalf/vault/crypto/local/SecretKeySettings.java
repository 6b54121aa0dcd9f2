package dev.behalf.vault.crypto.local;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.Nullable;

/// @param key      wraps new data keys: at least 32 characters of high entropy; never printed
/// @param alsoRead such keys of before, or of soon, with white space between them; what they wrapped is read
@ConfigurationProperties("behalf.vault.keys.secret")
@Requires(property = "behalf.vault.keys.secret.key")
record SecretKeySettings(String key, @Nullable String alsoRead) {

    private static final int MIN_LENGTH = 32;

    SecretKeySettings {
        if (key.length() < MIN_LENGTH) {
            throw new IllegalArgumentException(
                    "behalf.vault.keys.secret.key must have at least " + MIN_LENGTH + " characters");
        }
    }

    @Override
    public String toString() {
        return "SecretKeySettings[]";
    }
}
