package dev.behalf.validator.jwks;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What operators want to know of a key set.
///
/// @param reachable whether the last reading succeeded
/// @param keyCount  how many usable keys the last good set has
/// @param lastError why the last reading failed; null when it did not
/// @param checkedAt when the set was last read with success; null: never
public record KeySetState(
        boolean reachable,
        int keyCount,
        @Nullable String lastError,
        @Nullable Instant checkedAt) {

    public Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("reachable", reachable);
        json.put("keyCount", keyCount);
        if (lastError != null) {
            json.put("lastError", lastError);
        }
        if (checkedAt != null) {
            json.put("checkedAt", checkedAt.toString());
        }
        return json;
    }
}
