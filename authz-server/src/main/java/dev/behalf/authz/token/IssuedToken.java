package dev.behalf.authz.token;

import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Secret;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// An access token, and what to say about it (RFC 6749 §5.1).
public record IssuedToken(Secret value, Duration lifetime, Set<String> scopes) {
    public IssuedToken {
        scopes = Set.copyOf(scopes);
    }

    /// The members of the token response.
    public Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("access_token", value.reveal());
        json.put("token_type", "Bearer");
        json.put("expires_in", lifetime.toSeconds());
        json.put("scope", Scope.text(new java.util.TreeSet<>(scopes)));
        return json;
    }
}
