package dev.behalf.vault.provider;

import java.net.URI;
import java.util.Map;
import java.util.Set;

/// Where a user authorizes (RFC 6749 §3.1).
///
/// @param pkce                  whether `code_challenge` is sent (RFC 7636)
/// @param scopeParameter        the parameter that holds the scopes, `scope` nearly everywhere
/// @param scopeSeparator        what stands between scopes
/// @param parameters            sent too, always
/// @param incrementalParameters sent too when scopes are added to those that were granted before
public record AuthorizationEndpoint(
        URI url,
        boolean pkce,
        String scopeParameter,
        String scopeSeparator,
        Map<String, String> parameters,
        Map<String, String> incrementalParameters) {

    /// Parameters that belong to the protocol: nobody adds them to a request.
    public static final Set<String> RESERVED = Set.of(
            "response_type",
            "response_mode",
            "client_id",
            "client_secret",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "request",
            "request_uri");

    public AuthorizationEndpoint {
        parameters = Map.copyOf(parameters);
        incrementalParameters = Map.copyOf(incrementalParameters);
    }
}
