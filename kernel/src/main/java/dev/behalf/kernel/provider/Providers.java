package dev.behalf.kernel.provider;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The set of identity providers at one moment. Immutable: a change makes a new one.
///
/// Changes are applied by revision, so that duplicates and stragglers have no effect: whatever order a history
/// arrives in, it ends in the same set. For that reason what was deleted since the last snapshot is remembered with
/// its revision, and the snapshot's own revision is a floor: it told all there was up to then, so that nothing older
/// is news.
public final class Providers {

    /// No provider at all, as before the first word from the registry.
    public static final Providers NONE = new Providers(Map.of(), Map.of(), 0);

    private final Map<String, ProviderState> byKey;
    private final Map<String, Long> deleted;
    private final long floor;
    private final Map<String, List<ProviderState>> byHost;

    private Providers(Map<String, ProviderState> byKey, Map<String, Long> deleted, long floor) {
        this.byKey = Map.copyOf(byKey);
        this.deleted = Map.copyOf(deleted);
        this.floor = floor;
        var hosts = new HashMap<String, List<ProviderState>>();
        byKey.values()
                .forEach(p ->
                        hosts.computeIfAbsent(p.host(), _ -> new ArrayList<>()).add(p));
        hosts.replaceAll((_, list) -> List.copyOf(list));
        this.byHost = Map.copyOf(hosts);
    }

    /// The providers whose tokens count for that host; empty when there is none.
    ///
    /// @param host lower case, without port or final dot
    public List<ProviderState> forHost(String host) {
        return byHost.getOrDefault(host, List.of());
    }

    /// The provider of that key (`namespace/name`), or null.
    public @Nullable ProviderState byKey(String key) {
        return byKey.get(key);
    }

    public Collection<ProviderState> all() {
        return byKey.values();
    }

    /// Whether a fact learnt about the provider at that revision still stands: it has neither changed nor been
    /// deleted since. True for a provider that this set has not heard of yet.
    public boolean isCurrent(String key, long revision) {
        var state = byKey.get(key);
        if (state != null) {
            return state.revision() <= revision;
        }
        return lastWordOn(key) < revision;
    }

    /// With the provider created or changed; this very set when that is no news.
    public Providers with(ProviderState state) {
        if (!isNews(state.key(), state.revision())) {
            return this;
        }
        var states = new HashMap<>(byKey);
        states.put(state.key(), state);
        var gone = new HashMap<>(deleted);
        gone.remove(state.key());
        return new Providers(states, gone, floor);
    }

    /// Without the provider, deleted at that revision; this very set when that is no news.
    public Providers without(String key, long revision) {
        if (!isNews(key, revision)) {
            return this;
        }
        var states = new HashMap<>(byKey);
        states.remove(key);
        var gone = new HashMap<>(deleted);
        gone.put(key, revision);
        return new Providers(states, gone, floor);
    }

    /// As the registry had it at that revision: what it does not list was deleted by then; what is newer here stays.
    /// This very set when it had that snapshot or a later one already.
    public Providers withSnapshot(List<ProviderState> snapshot, long revision) {
        if (revision <= floor) {
            return this;
        }
        var states = new HashMap<String, ProviderState>();
        for (var state : snapshot) {
            states.put(state.key(), state);
        }
        byKey.values().stream()
                .filter(state -> state.revision() > revision)
                .forEach(state -> states.put(state.key(), state));
        var gone = new HashMap<>(deleted);
        gone.values().removeIf(at -> at <= revision);
        states.keySet().removeAll(gone.keySet());
        return new Providers(states, gone, revision);
    }

    private boolean isNews(String key, long revision) {
        return revision > lastWordOn(key);
    }

    /// The revision of the newest that is known about the provider, be it that there is none.
    private long lastWordOn(String key) {
        var state = byKey.get(key);
        return Math.max(floor, state != null ? state.revision() : deleted.getOrDefault(key, 0L));
    }
}
