package dev.behalf.vault.discovery;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;

/// Where documents about a URL may be. A path of the URL comes behind the well-known name (RFC 8414 §3.1,
/// RFC 9728 §3.1), or before it (OpenID Connect Discovery §4); without a path it is the same.
record WellKnown(String origin, String path) {

    static WellKnown of(URI url) {
        var path = url.getRawPath() == null ? "" : url.getRawPath();
        return new WellKnown(
                url.getScheme() + "://" + url.getRawAuthority(),
                path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    }

    List<URI> ofAuthorizationServer() {
        return distinct(
                origin + "/.well-known/oauth-authorization-server" + path,
                origin + "/.well-known/openid-configuration" + path,
                origin + path + "/.well-known/openid-configuration",
                origin + path + "/.well-known/oauth-authorization-server");
    }

    List<URI> ofOpenIdProvider() {
        return distinct(
                origin + path + "/.well-known/openid-configuration",
                origin + "/.well-known/openid-configuration" + path);
    }

    /// The one of the resource itself, then the one of everything at its origin.
    List<URI> ofProtectedResource() {
        return distinct(
                origin + "/.well-known/oauth-protected-resource" + path,
                origin + "/.well-known/oauth-protected-resource");
    }

    private static List<URI> distinct(String... urls) {
        return new LinkedHashSet<>(List.of(urls)).stream().map(URI::create).toList();
    }
}
