package dev.behalf.vault.provider;

import java.util.Set;

/// Error codes of the token endpoint beyond those of RFC 6749 §5.2, by what they mean here.
///
/// @param reconnect     the user has to connect again
/// @param misconfigured the operator has to do something; no user's connection is touched
/// @param scope         a scope is refused
/// @param temporary     later it may work
public record TokenErrors(Set<String> reconnect, Set<String> misconfigured, Set<String> scope, Set<String> temporary) {

    public TokenErrors {
        reconnect = Set.copyOf(reconnect);
        misconfigured = Set.copyOf(misconfigured);
        scope = Set.copyOf(scope);
        temporary = Set.copyOf(temporary);
    }
}
