package dev.behalf.authz.event;

import java.time.Instant;
import java.util.Locale;

/// Access tokens that count no more, though they have not expired.
///
/// @param id        of what was revoked: the `gid`, `jti` or `client_id` of the tokens concerned
/// @param revokedAt tokens of a client issued later than this are not concerned; those of a grant always are
/// @param until     when the last access token concerned has expired anyhow
public record Revocation(Kind kind, String id, Instant revokedAt, Instant until) {

    /// What was revoked.
    public enum Kind {
        /// Everything issued under a grant: claim `gid`.
        GRANT,
        /// One access token: claim `jti`.
        TOKEN,
        /// Everything issued to a client so far: claim `client_id`.
        CLIENT;

        /// Its word in events and keys.
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The key of its event: `kind/id`.
    String key() {
        return kind.word() + "/" + id;
    }
}
