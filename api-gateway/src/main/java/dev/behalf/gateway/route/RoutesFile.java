package dev.behalf.gateway.route;

import dev.behalf.gateway.wire.HeaderRules;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// Reads a routes file. Whatever is not understood is a fault: a misspelt `access` must not open a route.
final class RoutesFile {

    private static final Set<String> MEMBERS = Set.of(
            "host",
            "path",
            "upstream",
            "access",
            "scopes",
            "resource",
            "inject",
            "strip-authorization",
            "strip-cookies",
            "upgrades",
            "timeouts",
            "limits");
    private static final Set<String> TIMEOUTS = Set.of("connect", "response", "idle");
    private static final Set<String> LIMITS = Set.of("body", "requests");
    private static final Set<String> INJECT = Set.of("provider", "scopes", "header", "scheme");
    private static final String HOST =
            "(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
    /// RFC 6749 §3.3.
    private static final String SCOPE = "[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,100}";

    /// As the vault names them.
    private static final String PROVIDER = "[a-z][a-z0-9-]{0,62}";

    private static final String HEADER = "[A-Za-z0-9-]{1,64}";

    /// RFC 9110 §11.1, or none.
    private static final String SCHEME = "[A-Za-z0-9!#$%&'*+.^_`|~-]{0,40}";

    private static final int MAX_SCOPES = 20;
    private static final int MAX_RESOURCE = 500;
    private static final int MAX_ROUTES = 10_000;
    private static final int DEFAULT_MAX_REQUESTS = 2_000;

    private RoutesFile() {}

    /// The file is not a routes file; the message says where and why.
    static final class Faulty extends RuntimeException {
        Faulty(String why) {
            super(why, null, false, false);
        }
    }

    /// @param before the routes so far; what is under way on them stays counted
    /// @param issuer of our own access tokens
    /// @param vault  whether there is one, from which tokens can be injected
    /// @throws Faulty for the first fault found
    static RouteTable parse(String yaml, RouteTable before, String issuer, boolean vault) {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(10);
        Object document;
        try {
            document = new Yaml(new SafeConstructor(options)).load(yaml);
        } catch (YAMLException e) {
            throw new Faulty("not YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        if (document == null) {
            return RouteTable.EMPTY;
        }
        var top = map(document, "the file", Set.of("routes"));
        var routesNode = top.get("routes");
        if (routesNode == null) {
            return RouteTable.EMPTY;
        }
        if (!(routesNode instanceof List<?> list) || list.size() > MAX_ROUTES) {
            throw new Faulty("routes must be a list of at most " + MAX_ROUTES);
        }
        var routes = new ArrayList<Route>();
        var seen = new HashSet<String>();
        for (int i = 0; i < list.size(); i++) {
            var where = "routes[" + i + "]";
            var route = route(map(list.get(i), where, MEMBERS), where, before, issuer, vault);
            if (!seen.add(route.host() + route.path())) {
                throw new Faulty("routes[" + i + "] has the host and path of another route");
            }
            routes.add(route);
        }
        return new RouteTable(routes);
    }

    private static Route route(Map<?, ?> json, String where, RouteTable before, String issuer, boolean vault) {
        var host = text(json, "host", where).toLowerCase(Locale.ROOT);
        if (!host.matches(HOST)) {
            throw new Faulty(where + ".host must be a host name, or *. and one");
        }
        var path = json.containsKey("path") ? text(json, "path", where) : "/";
        if (!path.matches("/([A-Za-z0-9._~!$&'()*+,=:@-]+/?)*") || path.matches(".*/\\.{1,2}(/.*)?")) {
            throw new Faulty(where + ".path must be a plain path that begins with /");
        }
        Upstream upstream;
        try {
            upstream = Upstream.parse(text(json, "upstream", where));
        } catch (IllegalArgumentException e) {
            throw new Faulty(where + ".upstream must be http://host:port, without a path");
        }
        var access = switch (text(json, "access", where)) {
            case "open" -> Access.OPEN;
            case "user" -> Access.USER;
            case "linked" -> throw new Faulty(where + ".access: linked is not supported by this release");
            default -> throw new Faulty(where + ".access must be open or user");
        };
        var timeouts = map(json.get("timeouts"), where + ".timeouts", TIMEOUTS);
        var limits = map(json.get("limits"), where + ".limits", LIMITS);
        var protection = protection(json, access, where, issuer);
        boolean stripAuthorization = flag(json, "strip-authorization", true, where);
        var key = host.startsWith("*.") ? host.substring(1) : host;
        return new Route(
                key,
                path,
                upstream,
                access,
                stripAuthorization,
                flag(json, "strip-cookies", false, where),
                flag(json, "upgrades", true, where),
                duration(timeouts, "connect", Duration.ofSeconds(3), where),
                duration(timeouts, "response", Duration.ofSeconds(60), where),
                duration(timeouts, "idle", Duration.ofSeconds(120), where),
                bytes(limits.get("body"), 100L << 20, where + ".limits.body"),
                count(limits.get("requests"), where + ".limits.requests"),
                protection,
                injection(json, protection != null, stripAuthorization, vault, where),
                before.inFlight(key, path));
    }

    private static @Nullable Protection protection(Map<?, ?> json, Access access, String where, String issuer) {
        if (!json.containsKey("scopes") && !json.containsKey("resource")) {
            return null;
        }
        if (access != Access.USER) {
            throw new Faulty(where + " has scopes or a resource, which only access: user can have");
        }
        var resource = json.containsKey("resource") ? text(json, "resource", where) : issuer;
        if (!isResource(resource)) {
            throw new Faulty(where + ".resource must be an absolute URI without a fragment");
        }
        return new Protection(issuer, resource, scopes(json.get("scopes"), where));
    }

    private static @Nullable Injection injection(
            Map<?, ?> json, boolean isProtected, boolean stripAuthorization, boolean vault, String route) {
        if (!json.containsKey("inject")) {
            return null;
        }
        var where = route + ".inject";
        var inject = json.get("inject") instanceof String name
                ? Map.of("provider", name)
                : map(json.get("inject"), where, INJECT);
        if (!vault) {
            throw new Faulty(where + " needs a token vault, whose place behalf.vault.url says");
        }
        if (!isProtected) {
            throw new Faulty(route + " has inject, which only a route with scopes or a resource can have");
        }
        var provider = text(inject, "provider", where);
        if (!provider.matches(PROVIDER)) {
            throw new Faulty(where + ".provider must be the name of a provider of the vault");
        }
        var header = inject.containsKey("header") ? text(inject, "header", where) : Injection.AUTHORIZATION;
        var rule = HeaderRules.of(header);
        if (!header.matches(HEADER) || (rule != HeaderRules.FORWARD && rule != HeaderRules.AUTHORIZATION)) {
            throw new Faulty(where + ".header must be a header that neither the gateway nor the connection needs");
        }
        @Nullable
        Object scheme = inject.containsKey("scheme")
                ? inject.get("scheme")
                : rule == HeaderRules.AUTHORIZATION ? Injection.BEARER : "";
        if (!(scheme instanceof String text) || !text.matches(SCHEME)) {
            throw new Faulty(where + ".scheme must be an authentication scheme, or \"\" for none");
        }
        var injection = new Injection(provider, Set.copyOf(scopes(inject.get("scopes"), where)), header, text);
        if (injection.takesAuthorization() && !stripAuthorization) {
            throw new Faulty(route + ".strip-authorization must not be false where a token takes its place");
        }
        return injection;
    }

    private static List<String> scopes(@Nullable Object value, String where) {
        if (value == null) {
            return List.of();
        }
        var scopes = new ArrayList<String>();
        if (value instanceof List<?> list && list.size() <= MAX_SCOPES) {
            for (var item : list) {
                if (item instanceof String scope && scope.matches(SCOPE)) {
                    scopes.add(scope);
                }
            }
            if (scopes.size() == list.size()) {
                return scopes;
            }
        }
        throw new Faulty(where + ".scopes must be a list of at most " + MAX_SCOPES + " scopes");
    }

    /// RFC 8707 §2.
    private static boolean isResource(String text) {
        try {
            var uri = new URI(text);
            return uri.isAbsolute() && uri.getRawFragment() == null && text.length() <= MAX_RESOURCE;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static Map<?, ?> map(@Nullable Object value, String where, Set<String> known) {
        if (value == null) {
            return Map.of();
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new Faulty(where + " must be a mapping");
        }
        for (var key : map.keySet()) {
            if (!known.contains(key)) {
                throw new Faulty(where + " has " + key + ", which is not known");
            }
        }
        return map;
    }

    private static String text(Map<?, ?> json, String name, String where) {
        if (json.get(name) instanceof String text && !text.isBlank()) {
            return text.strip();
        }
        throw new Faulty(where + "." + name + " is required");
    }

    private static boolean flag(Map<?, ?> json, String name, boolean otherwise, String where) {
        return switch (json.get(name)) {
            case null -> otherwise;
            case Boolean flag -> flag;
            default -> throw new Faulty(where + "." + name + " must be true or false");
        };
    }

    private static Duration duration(Map<?, ?> json, String name, Duration otherwise, String where) {
        var value = json.get(name);
        if (value == null) {
            return otherwise;
        }
        var text = value.toString();
        if (!text.matches("[1-9][0-9]{0,6}(ms|s|m|h)")) {
            throw new Faulty(where + ".timeouts." + name + " must be a time such as 30s");
        }
        long number = Long.parseLong(text.replaceAll("[a-z]", ""));
        return switch (text.replaceAll("[0-9]", "")) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    private static int count(@Nullable Object value, String where) {
        return switch (value) {
            case null -> DEFAULT_MAX_REQUESTS;
            case Integer number when number > 0 -> number;
            default -> throw new Faulty(where + " must be a number above 0");
        };
    }

    private static long bytes(@Nullable Object value, long otherwise, String where) {
        if (value == null) {
            return otherwise;
        }
        var text = value.toString();
        if (!text.matches("[0-9]{1,9}(KiB|MiB|GiB)?")) {
            throw new Faulty(where + " must be a size such as 10MiB");
        }
        long number = Long.parseLong(text.replaceAll("[A-Za-z]", ""));
        return switch (text.replaceAll("[0-9]", "")) {
            case "KiB" -> number << 10;
            case "MiB" -> number << 20;
            case "GiB" -> number << 30;
            default -> number;
        };
    }
}
