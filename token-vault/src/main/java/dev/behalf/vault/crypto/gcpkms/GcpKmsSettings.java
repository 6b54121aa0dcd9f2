package dev.behalf.vault.crypto.gcpkms;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// @param key          the resource name of the key that wraps:
///                     `projects/…/locations/…/keyRings/…/cryptoKeys/…`
/// @param alsoRead     the resource names of earlier keys
/// @param endpoint     of the API, without a trailing slash
/// @param tokenFile    holds an access token that something else renews; left out: the metadata server is asked
/// @param metadata     the metadata server, without a trailing slash
/// @param answerWithin how long one call may take
@ConfigurationProperties("behalf.vault.keys.gcpkms")
@Requires(property = "behalf.vault.keys.gcpkms.key")
record GcpKmsSettings(
        String key,
        @Bindable(defaultValue = "") List<String> alsoRead,

        @Bindable(defaultValue = "https://cloudkms.googleapis.com")
        URI endpoint,

        @Nullable Path tokenFile,

        @Bindable(defaultValue = "http://metadata.google.internal")
        URI metadata,

        @Bindable(defaultValue = "3s") Duration answerWithin) {

    GcpKmsSettings {
        alsoRead = alsoRead.stream().filter(name -> !name.isBlank()).toList();
        require(key);
        alsoRead.forEach(GcpKmsSettings::require);
    }

    private static void require(String name) {
        if (!name.matches("projects/[a-z0-9:.-]+/locations/[a-z0-9-]+/keyRings/[\\w-]+/cryptoKeys/[\\w-]+")) {
            throw new IllegalArgumentException("behalf.vault.keys.gcpkms takes the resource names of keys"
                    + " (projects/…/locations/…/keyRings/…/cryptoKeys/…), but has " + name);
        }
    }
}
