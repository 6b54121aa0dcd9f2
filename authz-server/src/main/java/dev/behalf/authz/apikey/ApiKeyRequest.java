package dev.behalf.authz.apikey;

import dev.behalf.authz.client.Clients;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is asked for when a key is made.
///
/// @param scopes   at most the caller's own; all of them when left out
/// @param lifetime null: it does not expire
record ApiKeyRequest(
        String name, Set<String> scopes, @Nullable Duration lifetime) {

    private static final int MAX_NAME = 100;
    private static final long MAX_DAYS = 3650;

    /// @throws ProblemException 400 that names the member, 403 when more is asked than the caller has
    static ApiKeyRequest parse(Map<String, @Nullable Object> json, Caller caller) {
        if (!(json.get("name") instanceof String name) || name.isBlank()) {
            throw ProblemException.badRequest("name is required");
        }
        if (name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw ProblemException.badRequest("name must have at most " + MAX_NAME + " printable characters");
        }
        return new ApiKeyRequest(name, scopes(json.get("scopes"), caller), lifetime(json.get("expiresInDays")));
    }

    private static Set<String> scopes(@Nullable Object value, Caller caller) {
        return switch (value) {
            case null -> caller.scopes();
            case List<?> list
            when list.stream().allMatch(ApiKeyRequest::isOperatorScope) && !list.isEmpty() -> {
                var scopes = new LinkedHashSet<String>();
                list.forEach(scope -> scopes.add(String.valueOf(scope)));
                if (!caller.scopes().containsAll(scopes)) {
                    throw new ProblemException(HttpStatus.FORBIDDEN, "a key cannot have a scope that its maker lacks");
                }
                yield scopes;
            }
            default ->
                throw ProblemException.badRequest("scopes must be a list of "
                        + String.join(
                                ", ", Clients.operatorScopes().stream().sorted().toList()));
        };
    }

    private static boolean isOperatorScope(@Nullable Object item) {
        return item instanceof String scope && Clients.operatorScopes().contains(scope);
    }

    private static @Nullable Duration lifetime(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Long days when days >= 1 && days <= MAX_DAYS -> Duration.ofDays(days);
            default -> throw ProblemException.badRequest("expiresInDays must be a whole number from 1 to " + MAX_DAYS);
        };
    }
}
