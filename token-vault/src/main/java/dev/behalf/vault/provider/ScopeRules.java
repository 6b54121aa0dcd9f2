package dev.behalf.vault.provider;

import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which scopes a provider has, and when one that was granted covers one that was asked for.
///
/// @param standard asked for when nobody says which; in order
/// @param compared whether what is granted tells anything; if not, nothing is ever missing
/// @param includes for a scope, others that come with it, or other names of it
public record ScopeRules(List<String> standard, boolean compared, Map<String, Set<String>> includes) {

    public ScopeRules {
        standard = List.copyOf(standard);
        includes = Map.copyOf(includes);
    }

    /// Those of the asked scopes that the granted ones do not cover.
    public Set<String> missing(Set<String> asked, Set<String> granted) {
        if (!compared) {
            return Set.of();
        }
        var missing = new LinkedHashSet<>(asked);
        missing.removeAll(covered(granted));
        return missing;
    }

    private Set<String> covered(Set<String> granted) {
        var all = new LinkedHashSet<>(granted);
        var open = new ArrayDeque<>(granted);
        while (!open.isEmpty()) {
            for (var more : includes.getOrDefault(open.remove(), Set.of())) {
                if (all.add(more)) {
                    open.add(more);
                }
            }
        }
        return all;
    }
}
