package dev.behalf.authz.scope;

import java.util.Set;

/// What a token can be restricted to (RFC 8707 §2).
///
/// @param uri    its identifier: the `aud` of its tokens, as it was asked for
/// @param title  in words, for people
/// @param scopes what can be asked for there
public record Resource(String uri, String title, Set<String> scopes) {
    public Resource {
        scopes = Set.copyOf(scopes);
    }
}
