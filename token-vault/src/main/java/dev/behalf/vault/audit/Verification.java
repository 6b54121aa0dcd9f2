package dev.behalf.vault.audit;

import dev.behalf.kernel.secret.Sha256;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How far the chain was followed, and what was found.
///
/// @param through the last entry that is as it was written; 0: none
/// @param hash    of that entry: who keeps it elsewhere can tell later that everything up to it is still the
///                same
/// @param end     the last entry there is
/// @param fault   what is wrong with the entry after `through`; null when nothing is
record Verification(
        long through, Sha256 hash, long end, @Nullable String fault) {

    /// What is before the first entry.
    static final Sha256 BEGINNING = Sha256.fromBytes(new byte[32]);

    boolean isOver() {
        return fault != null || through >= end;
    }

    /// With the next entries, in their order.
    Verification with(List<AuditTable.Link> links, Sha256 headHash) {
        long last = through;
        var before = hash;
        for (var link : links) {
            if (link.entry().sequence() != last + 1) {
                return new Verification(last, before, end, "it is missing");
            }
            var expected = link.entry().hash(before);
            if (!expected.hex().equals(link.hash())) {
                return new Verification(last, before, end, "it, or one before it, was changed");
            }
            before = expected;
            last++;
        }
        if (links.isEmpty() && last < end) {
            return new Verification(last, before, end, "it is missing");
        }
        if (last == end && !before.equals(headHash)) {
            return new Verification(last - 1, before, end, "it is not the one that was written last");
        }
        return new Verification(last, before, end, null);
    }

    Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("outcome", fault != null ? "broken" : through >= end ? "whole" : "unfinished");
        json.put("through", through);
        json.put("hash", hash.hex());
        json.put("end", end);
        if (fault != null) {
            json.put("firstBroken", through + 1);
            json.put("fault", fault);
        }
        return json;
    }
}
