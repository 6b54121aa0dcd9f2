package dev.behalf.authz.event;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Access tokens that count no more, though they have not expired.
///
/// @param id        of what was revoked: the `gid`, `jti` or `client_id` of the tokens concerned
/// @param revokedAt tokens of a client issued later than this are not concerned; those of a grant always are
/// @param until     when the last access token concerned has expired anyhow
public record Revocation(Kind kind, String id, Instant revokedAt, Instant until) {

    public Revocation {
        revokedAt = revokedAt.truncatedTo(ChronoUnit.MICROS); // what PostgreSQL keeps
        until = until.truncatedTo(ChronoUnit.MICROS);
    }

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

    /// The type of its event.
    String type() {
        return "dev.behalf." + kind.word() + ".revoked.v1";
    }

    /// What services need to know of it.
    Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("kind", kind.word());
        json.put("id", id);
        json.put("revokedAt", revokedAt.toString());
        json.put("until", until.toString());
        return json;
    }

    /// The data of its event.
    Map<String, Object> json(String reason) {
        var json = json();
        json.put("reason", reason);
        return json;
    }
}
