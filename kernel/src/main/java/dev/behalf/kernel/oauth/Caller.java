package dev.behalf.kernel.oauth;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Who called, as proved by one of our own access tokens (RFC 9068).
///
/// @param subject   `sub`: a client, an API key (`key:` and its id) or a user
/// @param clientId  `client_id`: the client that the token was issued to
/// @param scopes    what the token allows
/// @param actor     `act.sub` (RFC 8693 §4.1): who acts for the subject, such as the gateway; null when nobody
///                  does
/// @param grant     `gid`: what of the user's it comes of; null when the subject is no user
/// @param tokenId   `jti`
/// @param issuedAt  `iat`
/// @param expiresAt `exp`: from this instant on the token proves nothing
public record Caller(
        String subject,
        String clientId,
        Set<String> scopes,
        @Nullable String actor,
        @Nullable String grant,
        String tokenId,
        Instant issuedAt,
        Instant expiresAt) {
    public Caller {
        scopes = Set.copyOf(scopes);
    }
}
