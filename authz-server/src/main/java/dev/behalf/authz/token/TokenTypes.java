package dev.behalf.authz.token;

import java.util.Set;

/// Token type identifiers (RFC 8693 §3).
final class TokenTypes {

    static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

    /// What our access tokens may be called: they are JWTs too.
    static final Set<String> ACCESS_TOKENS = Set.of(ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt");

    private TokenTypes() {}
}
