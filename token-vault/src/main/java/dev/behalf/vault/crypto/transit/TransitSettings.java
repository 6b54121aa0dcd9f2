package dev.behalf.vault.crypto.transit;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// @param url          where the server is, without a trailing slash
/// @param tokenFile    holds the token; it is read for each call, so that an agent may renew it
/// @param key          the name of the key, of type aes256-gcm96
/// @param mount        where the engine is mounted
/// @param namespace    of HashiCorp Vault Enterprise or OpenBao; left out: the root
/// @param answerWithin how long one call may take
@ConfigurationProperties("behalf.vault.keys.transit")
@Requires(property = "behalf.vault.keys.transit.url")
record TransitSettings(
        URI url,
        Path tokenFile,
        String key,
        @Bindable(defaultValue = "transit") String mount,
        @Nullable String namespace,
        @Bindable(defaultValue = "3s") Duration answerWithin) {

    TransitSettings {
        if (!key.matches("[A-Za-z0-9_.-]{1,128}") || !mount.matches("[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")) {
            throw new IllegalArgumentException(
                    "behalf.vault.keys.transit.key and .mount take letters, digits, '_', '.' and '-'");
        }
    }
}
