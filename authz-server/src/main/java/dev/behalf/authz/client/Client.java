package dev.behalf.authz.client;

import dev.behalf.kernel.secret.Sha256;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An application that asks for tokens (RFC 6749 §2): an agent, a tool, a service.
///
/// @param id        its `client_id`
/// @param origin    how it came to be known
/// @param metadata  what it says of itself
/// @param secret    digest of its secret, or null when it has none
/// @param resources what it may have for itself with `client_credentials`: scopes by resource (`aud`)
public record Client(
        String id,
        Origin origin,
        ClientMetadata metadata,
        @Nullable Sha256 secret,
        Map<String, Set<String>> resources) {

    /// How a client came to be known, and so how far what it says of itself can be believed.
    public enum Origin {
        /// A service of the suite or its operator, fixed by role.
        BUILT_IN,
        /// An operator made it, by file or API.
        OPERATOR,
        /// It registered itself (RFC 7591): anybody could have.
        REGISTERED,
        /// Its id is the URL of its metadata document: whoever rules that host stands behind it.
        METADATA_DOCUMENT
    }

    public Client {
        resources = Map.copyOf(resources);
    }

    /// Whether the operator stands behind it.
    public boolean isKnown() {
        return origin == Origin.BUILT_IN || origin == Origin.OPERATOR;
    }

    /// Whether it may use that grant type.
    public boolean uses(String grantType) {
        return metadata.grantTypes().contains(grantType);
    }

    /// Whether that is its secret; compared by digest, in constant time.
    public boolean hasSecret(String shown) {
        return ClientSecrets.matches(shown, secret);
    }
}
