package dev.behalf.authz.session;

import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.page.OwnPages;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;
import java.net.URI;

/// Our pages are at the issuer.
@Factory
final class OwnOrigin {

    @Singleton
    OwnPages ownPages(OAuthSettings settings) {
        return new OwnPages(URI.create(settings.issuer()));
    }
}
