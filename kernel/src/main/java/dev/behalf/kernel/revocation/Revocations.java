package dev.behalf.kernel.revocation;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// The revocations that are in force, as known here. They only ever become more, until they end by themselves:
/// whatever order and however often they come in, the set is the same.
///
/// Looking something up costs no allocation, so it can be done for every request.
public final class Revocations {

    /// Clocks that disagree, and verifiers that grant some seconds.
    private static final Duration MARGIN = Duration.ofMinutes(2);

    /// @param revokedAt in seconds since 1970
    /// @param until     in seconds since 1970, with the margin
    private record Entry(long revokedAt, long until) {

        Entry wider(Entry other) {
            return new Entry(Math.max(revokedAt, other.revokedAt), Math.max(until, other.until));
        }
    }

    private final int most;
    private final ConcurrentMap<String, Entry> grants = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Entry> tokens = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Entry> clients = new ConcurrentHashMap<>();

    /// @param most that are kept
    Revocations(int most) {
        this.most = most;
    }

    /// Whether a token is revoked: by itself, with its grant or with its client.
    ///
    /// @param grant    its `gid`; null: it has none
    /// @param issuedAt its `iat`, in seconds since 1970; of a revocation of its client in the same second it is
    ///                 not known which was first, so the token is taken for revoked
    public boolean cover(@Nullable String grant, String token, String client, long issuedAt) {
        if (tokens.containsKey(token) || (grant != null && grants.containsKey(grant))) {
            return true;
        }
        var ofClient = clients.get(client);
        return ofClient != null && issuedAt <= ofClient.revokedAt;
    }

    /// How many there are.
    public int size() {
        return grants.size() + tokens.size() + clients.size();
    }

    /// Adds it, unless it has ended. Returns whether there is room: when there is none, the set is not whole any
    /// more.
    boolean add(Revocation revocation, Instant now) {
        var entry = new Entry(
                revocation.revokedAt().getEpochSecond(),
                revocation.until().plus(MARGIN).getEpochSecond());
        if (entry.until <= now.getEpochSecond()) {
            return true;
        }
        var all = of(revocation.kind());
        if (all == null) {
            return true; // a kind of a later release; it cannot concern what this one accepts
        }
        if (size() >= most && !all.containsKey(revocation.id())) {
            return false;
        }
        all.merge(revocation.id(), entry, Entry::wider);
        return true;
    }

    /// Forgets what has ended.
    void sweep(Instant now) {
        long seconds = now.getEpochSecond();
        grants.values().removeIf(entry -> entry.until <= seconds);
        tokens.values().removeIf(entry -> entry.until <= seconds);
        clients.values().removeIf(entry -> entry.until <= seconds);
    }

    private @Nullable ConcurrentMap<String, Entry> of(String kind) {
        return switch (kind) {
            case Revocation.GRANT -> grants;
            case Revocation.TOKEN -> tokens;
            case Revocation.CLIENT -> clients;
            default -> null;
        };
    }
}
