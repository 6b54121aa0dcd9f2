package dev.behalf.gateway.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All routes at one moment. The host decides first, an exact one before a wildcard; then the longest path.
public final class RouteTable {

    private static final Route[] NONE = {};

    public static final RouteTable EMPTY = new RouteTable(List.of());

    private final Map<String, Route[]> byHost;

    RouteTable(List<Route> routes) {
        var hosts = new HashMap<String, List<Route>>();
        routes.forEach(route ->
                hosts.computeIfAbsent(route.host(), _ -> new ArrayList<>()).add(route));
        var sorted = new HashMap<String, Route[]>();
        hosts.forEach((host, all) -> {
            all.sort(Comparator.comparingInt((Route route) -> route.path().length())
                    .reversed());
            sorted.put(host, all.toArray(Route[]::new));
        });
        this.byHost = Map.copyOf(sorted);
    }

    /// The route for that host and path, or null.
    ///
    /// @param host lower case, without port or final dot
    public @Nullable Route find(String host, String canonicalPath) {
        var routes = ofHost(host);
        return routes == null ? null : first(routes, canonicalPath);
    }

    /// The route for that path of those that name this very host, or null: a wildcard does not.
    public @Nullable Route findNamed(String host, String canonicalPath) {
        var routes = byHost.get(host);
        return routes == null ? null : first(routes, canonicalPath);
    }

    /// Those under way on the route of that host and path: a new count when there is no such route.
    InFlight inFlight(String host, String path) {
        for (var route : byHost.getOrDefault(host, NONE)) {
            if (route.path().equals(path)) {
                return route.inFlight();
            }
        }
        return new InFlight();
    }

    public int size() {
        return byHost.values().stream().mapToInt(routes -> routes.length).sum();
    }

    private static @Nullable Route first(Route[] routes, String canonicalPath) {
        for (var route : routes) {
            if (route.takes(canonicalPath)) {
                return route;
            }
        }
        return null;
    }

    private Route @Nullable [] ofHost(String host) {
        var exact = byHost.get(host);
        if (exact != null || byHost.isEmpty()) {
            return exact;
        }
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            var below = byHost.get(host.substring(dot));
            if (below != null) {
                return below;
            }
        }
        return null;
    }
}
