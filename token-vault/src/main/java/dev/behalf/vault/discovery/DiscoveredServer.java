package dev.behalf.vault.discovery;

import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An authorization server as it describes itself (RFC 8414 §2). Its issuer is the very text that was asked
/// for.
///
/// @param registration          where clients register (RFC 7591); null: nowhere
/// @param revocation            null: it has none
/// @param userInfo              of OpenID Connect; null: it has none
/// @param scopes                that it has, in its order; empty: it does not say
/// @param clientAuthentications by their names in RFC 7591 §2
/// @param s256                  whether it says that it checks S256 challenges (RFC 7636)
/// @param issInAnswers          whether each authorization response has `iss` (RFC 9207)
public record DiscoveredServer(
        String issuer,
        URI authorization,
        URI token,
        @Nullable URI registration,
        @Nullable URI revocation,
        @Nullable URI userInfo,
        Set<String> scopes,
        Set<String> clientAuthentications,
        boolean s256,
        boolean issInAnswers) {

    /// The same, with this endpoint of OpenID Connect.
    DiscoveredServer withUserInfo(URI endpoint) {
        return new DiscoveredServer(
                issuer,
                authorization,
                token,
                registration,
                revocation,
                endpoint,
                scopes,
                clientAuthentications,
                s256,
                issInAnswers);
    }
}
