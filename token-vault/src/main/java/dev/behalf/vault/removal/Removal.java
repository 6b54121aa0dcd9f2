package dev.behalf.vault.removal;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One provider that was taken away.
///
/// @param total        connections that it had
/// @param ended        whose tokens are destroyed here
/// @param revoked      of those, ended at the provider first
/// @param notSupported of those, with a provider that has no way to
/// @param failed       of those, that the provider did not confirm
/// @param obstacle     what keeps it from going on now; null: nothing
record Removal(
        UUID instance,
        String name,
        long total,
        long ended,
        long revoked,
        long notSupported,
        long failed,
        @Nullable String obstacle,
        String begunBy,
        Instant begunAt) {

    /// @param left connections that are there now
    Map<String, Object> toJson(long left) {
        var json = new LinkedHashMap<String, Object>();
        json.put("total", total);
        json.put("ended", ended);
        json.put("revoked", revoked);
        json.put("notSupported", notSupported);
        json.put("failed", failed);
        json.put("left", left);
        if (obstacle != null) {
            json.put("obstacle", obstacle);
        }
        json.put("begunBy", begunBy);
        json.put("begunAt", begunAt.toString());
        return json;
    }
}
