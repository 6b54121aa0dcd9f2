package dev.behalf.vault.rotation;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One exchange of keys: every data key that another key wraps is wrapped by this one.
///
/// @param toKey      the key that wraps from then on; follows the provider when that turns its key meanwhile
/// @param total      how many secrets were to do when it began
/// @param done       how many were done; more than `total` when others were written with an earlier key
///                   meanwhile
/// @param failed     how many cannot be unwrapped; they stay as they are
/// @param position   the id of the last secret that was looked at
/// @param obstacle   what keeps it from going on now
/// @param startedBy  who asked for it
/// @param finishedAt null while it runs
record Rotation(
        UUID id,
        String toKey,
        long total,
        long done,
        long failed,
        long position,
        @Nullable String obstacle,
        String startedBy,
        Instant startedAt,
        @Nullable Instant finishedAt) {

    Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", id);
        json.put("key", toKey);
        json.put("state", finishedAt == null ? "running" : "finished");
        json.put("total", total);
        json.put("done", done);
        json.put("failed", failed);
        if (obstacle != null) {
            json.put("obstacle", obstacle);
        }
        json.put("startedBy", startedBy);
        json.put("startedAt", startedAt);
        if (finishedAt != null) {
            json.put("finishedAt", finishedAt);
        }
        return json;
    }
}
