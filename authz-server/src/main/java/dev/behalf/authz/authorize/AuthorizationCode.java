package dev.behalf.authz.authorize;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a client may redeem a code for. The code itself is not kept, only its digest, as the key.
///
/// @param redirectUri the exact `redirect_uri` of the authorization request, compared as text; null when it
///                    named none
/// @param challenge   what the verifier is held against (RFC 7636 §4.6)
/// @param gid         the grant that redeeming it begins
/// @param scopes      what the person consented to
/// @param grantUntil  how long the grant lasts
/// @param expiresAt   from this instant on it is refused
public record AuthorizationCode(
        String clientId,
        @Nullable String redirectUri,
        String challenge,
        String gid,
        String subject,
        String username,
        String actor,
        List<String> resources,
        Set<String> scopes,
        @Nullable String nonce,
        Instant authTime,
        Instant grantUntil,
        Instant expiresAt) {

    public AuthorizationCode {
        resources = List.copyOf(resources);
        scopes = Set.copyOf(scopes);
    }
}
