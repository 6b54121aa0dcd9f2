package dev.behalf.kernel.provider;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The set of identity providers at one moment. Immutable: a change makes a new one.
///
/// Changes are applied by revision, so that duplicates and stragglers have no effect: whatever order a history arrives
/// in, it ends in the same set. What was deleted is remembered with its revision for that reason.
public final class Providers {

    /// No provider at all, as before the first word from the registry.
    public static final Providers NONE = new Providers(Map.of(), Map.of());

    private final Map<String, ProviderState> byKey;
    private final Map<String, Long> deleted;
    private final Map<String, List<ProviderState>> byHost;

    private Providers(Map<String, ProviderState> byKey, Map<String, Long> deleted) {
        this.byKey = byKey;
        this.deleted = deleted;
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

    /// Whether a fact learnt about the provider at that revision still stands: it has neither changed nor been deleted
    /// since. True for a provider that this set has not heard of yet.
    public boolean isCurrent(String key, long revision) {
        var state = byKey.get(key);
        if (state != null) {
            return state.revision() <= revision;
        }
        return deleted.getOrDefault(key, 0L) < revision;
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
        return new Providers(Map.copyOf(states), Map.copyOf(gone));
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
        return new Providers(Map.copyOf(states), Map.copyOf(gone));
    }

    /// As the registry had it at that revision: what it does not list was deleted by then; what is newer here stays.
    public Providers withSnapshot(List<ProviderState> snapshot, long revision) {
        var result = this;
        Set<String> listed = new HashSet<>();
        for (var state : snapshot) {
            listed.add(state.key());
            result = result.with(state);
        }
        for (var state : byKey.values()) {
            if (!listed.contains(state.key()) && state.revision() <= revision) {
                result = result.without(state.key(), revision);
            }
        }
        return result;
    }

    private boolean isNews(String key, long revision) {
        var state = byKey.get(key);
        return revision > (state != null ? state.revision() : deleted.getOrDefault(key, 0L));
    }
}
