package dev.behalf.authz.grant;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an agent holds of a person: the right to get access tokens for them. Revoking it revokes all that came
/// of it.
///
/// @param gid       its id, the claim `gid` of its access tokens
/// @param parent    the grant that it was delegated from, or null
/// @param subject   the person's account id
/// @param username  the person's user name
/// @param clientId  the client that holds it
/// @param actor     who acts for the person
/// @param resources what its tokens can be restricted to, the first by default
/// @param authTime  when the person last proved who they are
/// @param expiresAt nothing comes of it from this instant on
public record Grant(
        String gid,
        @Nullable String parent,
        String subject,
        String username,
        String clientId,
        Actor actor,
        List<String> resources,
        Set<String> scopes,
        Instant authTime,
        Instant createdAt,
        Instant expiresAt) {

    public Grant {
        resources = List.copyOf(resources);
        scopes = Set.copyOf(scopes);
    }
}
