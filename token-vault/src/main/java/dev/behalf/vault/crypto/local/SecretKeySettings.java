package dev.behalf.vault.crypto.local;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// @param key      wraps new data keys: at least 32 characters of high entropy; never printed
/// @param alsoRead such keys of before, or of soon, with white space between them; what they wrapped is read
@ConfigurationProperties("behalf.vault.keys.secret")
@Requires(property = "behalf.vault.keys.secret.key")
record SecretKeySettings(String key, @Nullable String alsoRead) {

    private static final int MIN_LENGTH = 32;

    SecretKeySettings {
        require("key", key);
        words(alsoRead).forEach(other -> require("also-read", other));
    }

    /// Each of [#alsoRead].
    List<String> others() {
        return words(alsoRead);
    }

    private static void require(String setting, String secret) {
        if (secret.length() < MIN_LENGTH) {
            throw new IllegalArgumentException("each key of behalf.vault.keys.secret." + setting
                    + " must have at least " + MIN_LENGTH + " characters");
        }
    }

    private static List<String> words(@Nullable String text) {
        return text == null || text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    @Override
    public String toString() {
        return "SecretKeySettings[]";
    }
}
