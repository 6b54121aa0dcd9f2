package dev.behalf.vault.provider;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where the account of a token is described.
///
/// @param requests        asked one after the other; what an earlier one found stays
/// @param headers         sent with each
/// @param errorAt         where an error code is in an answer of status 200; null: nowhere
/// @param tokenErrors     codes there that say that the token is not accepted
/// @param profileTemplate where the account's page is when no request finds it, with `{id}` or `{username}`
public record AccountSource(
        List<Request> requests,
        Map<String, String> headers,
        @Nullable JsonPath errorAt,
        Set<String> tokenErrors,
        @Nullable UrlTemplate profileTemplate) {

    /// One request.
    ///
    /// @param url      with `{id}` where the id goes that an earlier request found
    /// @param optional whether the account counts as found without its answer
    /// @param fields   where each field is in the answer
    public record Request(UrlTemplate url, boolean optional, Map<Field, JsonPath> fields) {
        public Request {
            fields = Map.copyOf(fields);
        }
    }

    /// What is known of an account.
    public enum Field {
        ID,
        USERNAME,
        NAME,
        EMAIL,
        AVATAR_URL,
        PROFILE_URL
    }

    public AccountSource {
        requests = List.copyOf(requests);
        headers = Map.copyOf(headers);
        tokenErrors = Set.copyOf(tokenErrors);
    }
}
