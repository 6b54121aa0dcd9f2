package dev.behalf.authz.client;

import dev.behalf.kernel.outbound.OutboundPolicy;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/// A `client_id` that is the URL of the client's metadata document
/// (draft-ietf-oauth-client-id-metadata-document, "Client Identifier").
final class ClientIdUrl {

    private static final int MAX_LENGTH = 500;

    private ClientIdUrl() {}

    /// The URL, or nothing when it is not one that a client may have as its id: https, or http where the
    /// operator listed the host, with a path, without user, fragment or dot segments.
    static Optional<URI> read(String id, OutboundPolicy policy) {
        if (id.length() > MAX_LENGTH || !id.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return Optional.empty();
        }
        try {
            var uri = new URI(id);
            boolean scheme =
                    "https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && policy.isListed(uri));
            return scheme
                            && uri.getHost() != null
                            && uri.getPort() <= 65_535
                            && uri.getRawUserInfo() == null
                            && uri.getRawFragment() == null
                            && uri.getRawPath().length() > 0
                            && !hasDotSegment(uri.getRawPath())
                    ? Optional.of(uri)
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /// In any spelling: what one reader takes for a name, another would resolve.
    private static boolean hasDotSegment(String path) {
        for (var segment : path.split("/")) {
            var plain = segment.replaceAll("(?i)%2e", ".");
            if (plain.equals(".") || plain.equals("..")) {
                return true;
            }
        }
        return false;
    }
}
