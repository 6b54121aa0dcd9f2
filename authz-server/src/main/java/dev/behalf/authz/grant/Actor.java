package dev.behalf.authz.grant;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who acts for the subject, and on whose behalf in turn: the claim `act` (RFC 8693 §4.1).
///
/// @param subject who acts now
/// @param before  who acted before and delegated, or null
public record Actor(String subject, @Nullable Actor before) {

    /// How many act, one after the other.
    public int depth() {
        return before == null ? 1 : before.depth() + 1;
    }

    /// The value of the claim.
    public Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("sub", subject);
        if (before != null) {
            json.put("act", before.toJson());
        }
        return json;
    }

    /// Reads the value of the claim; null when it is not one.
    public static @Nullable Actor of(@Nullable Object json) {
        return json instanceof Map<?, ?> map && map.get("sub") instanceof String subject
                ? new Actor(subject, of(map.get("act")))
                : null;
    }
}
