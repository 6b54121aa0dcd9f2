package dev.behalf.vault.leaving;

import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.upstream.RevocationOutcome;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What came of ending a user's connections.
///
/// @param ended        whose tokens are destroyed here
/// @param revoked      of those, ended at their providers too
/// @param notSupported of those, with providers that have no way to
/// @param failed       of those, with providers that did not confirm it
/// @param notRevoked   the providers of the latter two
/// @param left         connections that are still there: to be ended by doing it again
record Left(long ended, long revoked, long notSupported, long failed, Set<String> notRevoked, long left) {

    static final Left NOTHING = new Left(0, 0, 0, 0, Set.of(), 0);

    Left {
        notRevoked = Set.copyOf(notRevoked);
    }

    static Left of(Connection connection, RevocationOutcome outcome) {
        var provider = Set.of(connection.provider());
        return switch (outcome) {
            case RevocationOutcome.Revoked() -> new Left(1, 1, 0, 0, Set.of(), 0);
            case RevocationOutcome.NotSupported() -> new Left(1, 0, 1, 0, provider, 0);
            case RevocationOutcome.Failed _ -> new Left(1, 0, 0, 1, provider, 0);
        };
    }

    Left and(Left other) {
        var providers = new TreeSet<>(notRevoked);
        providers.addAll(other.notRevoked);
        return new Left(
                ended + other.ended,
                revoked + other.revoked,
                notSupported + other.notSupported,
                failed + other.failed,
                providers,
                left + other.left);
    }

    Left left(long count) {
        return new Left(ended, revoked, notSupported, failed, notRevoked, count);
    }

    Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("ended", ended);
        json.put("revoked", revoked);
        json.put("not_supported", notSupported);
        json.put("failed", failed);
        json.put("left", left);
        return json;
    }
}
