package dev.behalf.vault.provider;

import java.util.Map;
import java.util.Set;

/// Where a token is ended (RFC 7009, or the provider's own way).
///
/// @param url            with `{client_id}` where the client's id goes
/// @param bodyFormat     of the parameter that holds the token
/// @param tokenParameter its name
/// @param headers        sent too
/// @param goneStatuses   statuses that say that there was no such token
/// @param goneErrors     error codes that say so, in `error`
public record RevocationEndpoint(
        UrlTemplate url,
        Method method,
        Authentication authentication,
        BodyFormat bodyFormat,
        String tokenParameter,
        Map<String, String> headers,
        Set<Integer> goneStatuses,
        Set<String> goneErrors) {

    public enum Method {
        POST,
        DELETE
    }

    /// How the request is authenticated; `BEARER`: by the token itself, in the `Authorization` header only.
    public enum Authentication {
        BASIC,
        BODY,
        NONE,
        BEARER
    }

    public RevocationEndpoint {
        headers = Map.copyOf(headers);
        goneStatuses = Set.copyOf(goneStatuses);
        goneErrors = Set.copyOf(goneErrors);
    }
}
