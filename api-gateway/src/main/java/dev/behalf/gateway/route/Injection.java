package dev.behalf.gateway.route;

import java.util.Set;

/// The token of the user's account that a route puts into each call which an agent makes.
///
/// @param provider whose account, by its name in the vault
/// @param scopes   that the token must have; empty: whatever it has
/// @param header   that carries it, in place of whatever the client sends by that name
/// @param scheme   that stands before it there; empty: it stands alone
public record Injection(String provider, Set<String> scopes, String header, String scheme) {

    /// What carries it unless the routes file says otherwise, with [#BEARER] (RFC 6750 §2.1).
    static final String AUTHORIZATION = "Authorization";

    static final String BEARER = "Bearer";

    public Injection {
        scopes = Set.copyOf(scopes);
    }

    boolean takesAuthorization() {
        return header.equalsIgnoreCase(AUTHORIZATION);
    }
}
