package dev.behalf.authz.client;

import dev.behalf.kernel.secret.Sha256;
import java.util.Map;
import java.util.Set;

/// A client with a secret (RFC 6749 §2.1, confidential).
///
/// @param secret digest of its secret
/// @param scopes what it may ask for, by resource (`aud`)
public record Client(String id, Sha256 secret, Map<String, Set<String>> scopes) {
    public Client {
        scopes = Map.copyOf(scopes);
    }
}
