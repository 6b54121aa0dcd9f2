package dev.behalf.vault.connect;

import dev.behalf.vault.page.Site;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/// Where providers may send users back to: our own page, and the callbacks of apps. The vault's client is
/// registered with them.
@Singleton
public final class RedirectUris {

    private final List<String> all;

    RedirectUris(ConnectSettings settings, Site site) {
        var uris = new ArrayList<String>();
        uris.add(site.url(Connecting.CALLBACK));
        uris.addAll(settings.redirectUris());
        this.all = uris.stream().distinct().toList();
    }

    /// All, as text.
    public List<String> all() {
        return all;
    }
}
