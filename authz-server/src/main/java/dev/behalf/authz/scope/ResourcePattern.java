package dev.behalf.authz.scope;

import java.util.Set;

/// Resources that the operator allows.
///
/// @param uri    the identifier, or with `*` at the end all that begin so. What stands before the `*` ends with
///               `/`, so that no other host and no longer name is meant
/// @param title  in words, or empty for the identifier itself
/// @param scopes what can be asked for there; all that are defined when empty
record ResourcePattern(String uri, String title, Set<String> scopes) {

    ResourcePattern {
        scopes = Set.copyOf(scopes);
        if (!ResourceUri.isGood(uri.endsWith("/*") ? uri.substring(0, uri.length() - 1) : uri)) {
            throw new IllegalArgumentException(
                    "behalf.authz.scopes-file: a resource is an absolute URI without fragment, and may end with /*");
        }
    }

    boolean matches(String resource) {
        return uri.endsWith("*") ? resource.startsWith(uri.substring(0, uri.length() - 1)) : resource.equals(uri);
    }
}
