package dev.behalf.gateway.route;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What a route asks of the access tokens of our own authorization server: the route is a protected resource
/// (RFC 9728).
public final class Protection {

    private final String resource;
    private final String[] scopes;
    private final byte[] metadata;

    /// @param issuer   of the tokens
    /// @param resource that they must be for
    /// @param scopes   that they must all have
    Protection(String issuer, String resource, List<String> scopes) {
        this.resource = resource;
        this.scopes = new LinkedHashSet<>(scopes).toArray(String[]::new);
        var json = new LinkedHashMap<String, Object>();
        json.put("resource", resource);
        json.put("authorization_servers", List.of(issuer));
        if (!scopes.isEmpty()) {
            json.put("scopes_supported", List.of(this.scopes));
        }
        json.put("bearer_methods_supported", List.of("header"));
        this.metadata = Json.write(json);
    }

    public String resource() {
        return resource;
    }

    /// The scopes as a challenge names them; empty when there are none.
    public String scope() {
        return Scope.text(new LinkedHashSet<>(List.of(scopes)));
    }

    /// Whether a token with those scopes will do.
    public boolean isMetBy(Set<String> held) {
        for (var scope : scopes) {
            if (!held.contains(scope)) {
                return false;
            }
        }
        return true;
    }

    /// The metadata document (RFC 9728 §2). Not to be changed.
    public byte[] metadata() {
        return metadata;
    }
}
