package dev.behalf.authz.token;

import dev.behalf.authz.grant.Actor;
import dev.behalf.authz.grant.Grant;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an access token says: who may do what, and where.
///
/// @param clientId the client that the token is issued to
/// @param audience the one resource that it is for
/// @param actor    who acts for the subject (RFC 8693 §4.1), or null when it acts itself
/// @param grant    what of the person's it comes of, or null when the subject is no person
/// @param mayAct   the client that it may be exchanged by (RFC 8693 §4.4), or null for none
public record Entitlement(
        String subject,
        String clientId,
        String audience,
        Set<String> scopes,
        @Nullable Actor actor,
        @Nullable Authority grant,
        @Nullable String mayAct) {

    /// The person behind a token.
    ///
    /// @param gid      the grant's id
    /// @param username the person's user name
    /// @param authTime when they last proved who they are
    public record Authority(String gid, String username, Instant authTime) {}

    public Entitlement {
        scopes = Set.copyOf(scopes);
    }

    /// The same person's, by the same client, at that resource with those scopes, and nobody's to exchange.
    public Entitlement at(String audience, Set<String> scopes) {
        return new Entitlement(subject, clientId, audience, scopes, actor, grant, null);
    }

    /// What a client has for itself.
    public static Entitlement ofClient(String clientId, String audience, Set<String> scopes) {
        return new Entitlement(clientId, clientId, audience, scopes, null, null, null);
    }

    /// What a grant gives at one of its resources.
    static Entitlement of(Grant grant, String audience, Set<String> scopes) {
        return new Entitlement(
                grant.subject(),
                grant.clientId(),
                audience,
                scopes,
                grant.actor(),
                new Authority(grant.gid(), grant.username(), grant.authTime()),
                null);
    }
}
