package dev.behalf.authz.token;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an access token says: who may do what, and where.
///
/// @param clientId the client that the token is issued to
/// @param audience the one resource that it is for
/// @param actor    who acts for the subject (RFC 8693 §4.1), or null when it acts itself
public record Entitlement(
        String subject,
        String clientId,
        String audience,
        Set<String> scopes,
        @Nullable String actor) {

    public Entitlement {
        scopes = Set.copyOf(scopes);
    }
}
