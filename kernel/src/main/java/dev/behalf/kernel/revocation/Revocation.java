package dev.behalf.kernel.revocation;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Access tokens that count no more, as the authorization server tells it.
///
/// @param kind      of what was revoked: `grant`, `token` or `client`
/// @param id        of it: claim `gid`, `jti` or `client_id` of the tokens concerned
/// @param revokedAt of a client, tokens issued later are not concerned
/// @param until     when the last token concerned has expired anyhow
public record Revocation(String kind, String id, Instant revokedAt, Instant until) {

    static final String GRANT = "grant";
    static final String TOKEN = "token";
    static final String CLIENT = "client";

    /// Reads an event's data or an item of the snapshot; members that are not known are ignored.
    ///
    /// @throws IllegalArgumentException when it does not say what was revoked, or when
    static Revocation fromJson(Map<String, @Nullable Object> json) {
        if (json.get("kind") instanceof String kind
                && json.get("id") instanceof String id
                && json.get("revokedAt") instanceof String revokedAt
                && json.get("until") instanceof String until) {
            try {
                return new Revocation(kind, id, Instant.parse(revokedAt), Instant.parse(until));
            } catch (DateTimeException e) {
                throw new IllegalArgumentException("a time of a revocation is none");
            }
        }
        throw new IllegalArgumentException("not a revocation");
    }
}
