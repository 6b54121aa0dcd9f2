package dev.behalf.gateway.vault;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The token vault.
///
/// @param url          where it is reached from here; none: there is no vault, and its paths are nobody's
/// @param answerWithin the deadline of a question for a token; the vault itself may wait for a provider
///                     meanwhile
@ConfigurationProperties("behalf.vault")
public record VaultSettings(
        @Nullable URI url, @Bindable(defaultValue = "30s") Duration answerWithin) {

    public VaultSettings {
        if (url != null && (!"http".equals(url.getScheme()) || url.getHost() == null)) {
            throw new IllegalArgumentException("behalf.vault.url must be http://host:port");
        }
    }
}
