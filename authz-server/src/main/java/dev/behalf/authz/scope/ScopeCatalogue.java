package dev.behalf.authz.scope;

import dev.behalf.kernel.oauth.Scope;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.io.ResourceResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The scopes and resources that the operator defines, in people's words: those that come with the server, and
/// those of the file `behalf.authz.scopes-file`, which adds to them and replaces what it names again. A file
/// that cannot be read is refused at start.
@Context
public final class ScopeCatalogue {

    /// The scope of OpenID Connect: with it comes an ID token.
    public static final String OPENID = "openid";

    /// Asks for a refresh token. We decide on that by the client's grant types, so it is heard and not granted.
    public static final String OFFLINE_ACCESS = "offline_access";

    /// What a request is for that names no scope, and whose client has no default either.
    public static final String DEFAULT = "read";

    /// Scopes about the person, not about a resource: they can be asked for with any.
    static final Set<String> ABOUT_THE_PERSON = Set.of(OPENID, "profile", "email");

    /// Scopes that only clients which the operator made can be given: with such a one a client could give
    /// itself more, and anybody can register a client.
    public static final Set<String> FOR_KNOWN_CLIENTS = Set.of(Scope.CONNECTIONS_MANAGE);

    private final Map<String, DefinedScope> scopes;
    private final List<ResourcePattern> resources;

    ScopeCatalogue(ResourceResolver files, @Nullable @Value("${behalf.authz.scopes-file:}") String file) {
        var scopes = new LinkedHashMap<String, DefinedScope>();
        var resources = new ArrayList<ResourcePattern>();
        var parts = new ArrayList<ScopesFile>();
        parts.add(builtIn(files));
        if (file != null && !file.isBlank()) {
            parts.add(ScopesFile.parse(file, read(Path.of(file))));
        }
        for (var part : parts) {
            part.scopes().forEach(scope -> scopes.put(scope.name(), scope));
            resources.addAll(part.resources());
        }
        for (var resource : resources) {
            if (!scopes.keySet().containsAll(resource.scopes())) {
                throw new IllegalArgumentException("behalf.authz.scopes-file: the resource " + resource.uri()
                        + " names a scope that is not defined");
            }
        }
        this.scopes = Map.copyOf(scopes);
        this.resources = List.copyOf(resources);
    }

    /// Every defined scope: `scopes_supported`.
    public Set<String> names() {
        return scopes.keySet();
    }

    /// The scope in people's words. One that is not defined has its name only.
    public DefinedScope describe(String name) {
        var scope = scopes.get(name);
        return scope != null ? scope : DefinedScope.named(name);
    }

    List<ResourcePattern> resources() {
        return resources;
    }

    private static ScopesFile builtIn(ResourceResolver files) {
        try (var stream = files.getResourceAsStream("classpath:authz-server/scopes.yaml")
                .orElseThrow(() -> new IllegalStateException("authz-server/scopes.yaml is missing"))) {
            return ScopesFile.parse("scopes.yaml", new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("behalf.authz.scopes-file cannot be read: " + file, e);
        }
    }
}
