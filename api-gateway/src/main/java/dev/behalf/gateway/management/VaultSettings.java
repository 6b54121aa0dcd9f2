package dev.behalf.gateway.management;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/// The token vault.
///
/// @param url where it is reached from here; none: there is no vault, and its paths are nobody's
@ConfigurationProperties("behalf.vault")
record VaultSettings(@Nullable URI url) {

    VaultSettings {
        if (url != null && (!"http".equals(url.getScheme()) || url.getHost() == null)) {
            throw new IllegalArgumentException("behalf.vault.url must be http://host:port");
        }
    }
}
