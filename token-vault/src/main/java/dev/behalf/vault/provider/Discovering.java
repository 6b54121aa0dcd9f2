package dev.behalf.vault.provider;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.discovery.DiscoveredResource;
import dev.behalf.vault.discovery.DiscoveredServer;
import dev.behalf.vault.discovery.Discovery;
import dev.behalf.vault.discovery.NotDiscovered;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Makes definitions of what servers say of themselves, for an operator who names one by its issuer, or a
/// resource such as an MCP server by its URL.
@Singleton
final class Discovering {

    private static final List<String> USUAL = List.of("openid", "profile", "email", "offline_access");

    /// What is found, and not for an operator to say otherwise.
    private static final Map<String, Set<String>> FOUND = Map.of(
            "authorization", Set.of("url"),
            "token", Set.of("url", "refreshUrl"),
            "revocation", Set.of("url"));

    private final Discovery discovery;

    Discovering(Discovery discovery) {
        this.discovery = discovery;
    }

    /// What an operator asks for: `discover` of a definition.
    ///
    /// @param issuer             null: the one that the resource names
    /// @param resource           null: an authorization server by itself
    /// @param initialAccessToken for registering; never stored
    record Wanted(
            @Nullable String issuer,
            @Nullable String resource,
            @Nullable Secret initialAccessToken) {

        /// Nothing when the definition has no `discover`. Takes the token out of what is stored and shown.
        static Optional<Wanted> take(Map<String, @Nullable Object> written) {
            if (!written.containsKey("discover")) {
                return Optional.empty();
            }
            if (!(written.get("discover") instanceof Map<?, ?> given)) {
                throw new InvalidProvider("discover must be an object");
            }
            var rest = new LinkedHashMap<String, @Nullable Object>(Definition.cast(given));
            var token = text(rest.remove("initialAccessToken"), "initialAccessToken");
            written.put("discover", new LinkedHashMap<>(rest));
            var issuer = text(rest.remove("issuer"), "issuer");
            var resource = text(rest.remove("resource"), "resource");
            if ((issuer == null && resource == null) || !rest.isEmpty()) {
                throw new InvalidProvider("discover takes issuer, resource or both, and initialAccessToken");
            }
            requireNotFound(written);
            return Optional.of(new Wanted(issuer, resource, token == null ? null : Secret.of(token)));
        }

        private static @Nullable String text(@Nullable Object value, String name) {
            return switch (value) {
                case null -> null;
                case String text when text.matches("[\\x21-\\x7E]{1,1000}") -> text;
                default -> throw new InvalidProvider("discover." + name + " must be 1 to 1000 visible characters");
            };
        }

        private static void requireNotFound(Map<String, @Nullable Object> written) {
            for (var name : List.of("extends", "kind", "issuer")) {
                if (written.containsKey(name)) {
                    throw new InvalidProvider(name + " does not go with discover");
                }
            }
            FOUND.forEach((name, fields) -> {
                if (written.get(name) instanceof Map<?, ?> map) {
                    for (var field : fields) {
                        if (map.containsKey(field)) {
                            throw new InvalidProvider(name + "." + field + " is found by discovery");
                        }
                    }
                }
            });
        }
    }

    /// What was found.
    ///
    /// @param definition of a provider, without a client
    /// @param resource   null: the provider is for the authorization server itself
    /// @param scopes     to register a client for
    record Found(
            DiscoveredServer server,
            @Nullable String resource,
            Set<String> scopes,
            Map<String, @Nullable Object> definition) {}

    /// Fails with [InvalidProvider] when nothing is found that can be used.
    Mono<Found> find(Wanted wanted, boolean pkceSaid) {
        return (wanted.resource() == null
                        ? discovery
                                .server(String.valueOf(wanted.issuer()))
                                .map(server -> new Found(server, null, scopes(server, null), definition(server, null)))
                        : discovery
                                .resource(wanted.resource())
                                .flatMap(resource -> discovery
                                        .server(issuer(wanted, resource))
                                        .map(server -> new Found(
                                                server,
                                                resource.resource(),
                                                scopes(server, resource),
                                                definition(server, resource)))))
                .doOnNext(found -> {
                    // RFC 7636 protects the code where nothing else does: who goes without says so
                    if (!found.server().s256() && !pkceSaid) {
                        throw new InvalidProvider(
                                "the server does not say that it checks S256 code challenges: say authorization.pkce");
                    }
                })
                .onErrorMap(NotDiscovered.class, fault -> new InvalidProvider(String.valueOf(fault.getMessage())));
    }

    private static String issuer(Wanted wanted, DiscoveredResource resource) {
        if (resource.servers().isEmpty()) {
            throw new NotDiscovered("the resource names no authorization server");
        }
        if (wanted.issuer() == null) {
            return resource.servers().getFirst();
        }
        if (!resource.servers().contains(wanted.issuer())) {
            throw new NotDiscovered("the resource does not take tokens of that issuer");
        }
        return wanted.issuer();
    }

    private static Map<String, @Nullable Object> definition(
            DiscoveredServer server, @Nullable DiscoveredResource resource) {
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("kind", "oauth");
        json.put("displayName", displayName(server, resource));
        json.put("issuer", server.issuer());
        json.put("issRequired", server.issInAnswers());
        var authorization = new LinkedHashMap<String, Object>(
                Map.of("url", server.authorization().toString()));
        var token = new LinkedHashMap<String, Object>(Map.of(
                "url",
                server.token().toString(),
                "authentication",
                server.clientAuthentications().contains("client_secret_basic") ? "basic" : "body"));
        if (resource != null) {
            authorization.put("parameters", Map.of("resource", resource.resource()));
            token.put("parameters", Map.of("resource", resource.resource()));
        }
        json.put("authorization", authorization);
        json.put("token", token);
        if (server.revocation() != null) {
            json.put(
                    "revocation",
                    Map.of(
                            "url",
                            server.revocation().toString(),
                            "authentication",
                            token.getOrDefault("authentication", "basic")));
        }
        if (resource == null && server.userInfo() != null) {
            json.put("account", account(server.userInfo()));
        }
        json.put("scopes", Map.of("standard", standard(server, resource)));
        return json;
    }

    private static String displayName(DiscoveredServer server, @Nullable DiscoveredResource resource) {
        if (resource != null && resource.name() != null) {
            return resource.name();
        }
        return String.valueOf(URI.create(resource == null ? server.issuer() : resource.resource())
                .getHost());
    }

    private static Map<String, Object> account(URI userInfo) {
        return Map.of(
                "requests",
                Map.of(
                        "userinfo",
                        Map.of(
                                "url", userInfo.toString(),
                                "id", "/sub",
                                "username", "/preferred_username",
                                "name", "/name",
                                "email", "/email",
                                "avatarUrl", "/picture",
                                "profileUrl", "/profile")));
    }

    /// Those that a resource says it needs, or what is known of a person; and to stay.
    private static List<String> standard(DiscoveredServer server, @Nullable DiscoveredResource resource) {
        var standard = new LinkedHashSet<String>();
        if (resource != null) {
            standard.addAll(resource.scopes());
        }
        for (var scope : resource == null ? USUAL : List.of("offline_access")) {
            if (server.scopes().contains(scope)) {
                standard.add(scope);
            }
        }
        return new ArrayList<>(standard);
    }

    private static Set<String> scopes(DiscoveredServer server, @Nullable DiscoveredResource resource) {
        var scopes = new LinkedHashSet<>(server.scopes());
        scopes.addAll(resource == null ? Set.of() : resource.scopes());
        return scopes;
    }
}
