package dev.behalf.vault.connect;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.upstream.AuthorizationParameters;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Connecting an account, for apps that host the callback themselves and know their user: the token that they
/// call with is the user's, and only the same user can complete what was begun.
@Controller("/api/v1/connections")
final class ConnectController {

    private static final int LONGEST = 4096;
    private static final int MOST_SCOPES = 100;

    private final Connecting connecting;

    ConnectController(Connecting connecting) {
        this.connecting = connecting;
    }

    /// `{"provider", "redirect_uri", "scopes"?, "connection"?, "code_challenge"?}`
    @Post(value = "/authorizations", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> begin(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.defer(() -> {
            var json = JsonBody.read(headers, body);
            return connecting
                    .begin(
                            caller.subject(),
                            required(json, "provider"),
                            required(json, "redirect_uri"),
                            scopes(json.get("scopes")),
                            id(json.get("connection")),
                            challenge(json))
                    .map(begun -> created(Map.of(
                            "authorization_url", begun.authorizationUrl().toString(),
                            "state", begun.state(),
                            "expires_at", begun.expiresAt().toString())));
        });
    }

    /// `{"state", "code"?, "iss"?, "error"?}`: the parameters that the provider sent the user back with.
    @Post(value = "/authorizations/answers", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> complete(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.defer(() -> {
            var json = JsonBody.read(headers, body);
            var answer = new Connecting.Answer(
                    required(json, "state"), optional(json, "code"), optional(json, "iss"), optional(json, "error"));
            return connecting.complete(caller.subject(), null, answer).map(done -> connected(done.connection()));
        });
    }

    /// `{"provider", "key", "account"?}`
    @Post(value = "/keys", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> paste(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.defer(() -> {
            var json = JsonBody.read(headers, body);
            var account = optional(json, "account");
            return connecting
                    .paste(
                            caller.subject(),
                            required(json, "provider"),
                            Secret.of(required(json, "key")),
                            account == null ? "default" : account)
                    .map(ConnectController::connected);
        });
    }

    /// `{"provider", "refresh_token", "scopes"?}`
    @Post(value = "/tokens", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> bring(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.defer(() -> {
            var json = JsonBody.read(headers, body);
            return connecting
                    .bring(
                            caller.subject(),
                            required(json, "provider"),
                            Secret.of(required(json, "refresh_token")),
                            scopes(json.get("scopes")))
                    .map(ConnectController::connected);
        });
    }

    private static @Nullable String challenge(Map<String, @Nullable Object> json) {
        var challenge = optional(json, "code_challenge");
        var method = optional(json, "code_challenge_method");
        boolean fit = challenge == null
                ? method == null
                : AuthorizationParameters.isChallenge(challenge) && (method == null || method.equals("S256"));
        if (!fit) {
            throw ProblemException.badRequest("code_challenge must be one of S256 (RFC 7636)");
        }
        return challenge;
    }

    private static HttpResponse<byte[]> connected(Connection connection) {
        return created(Map.of(
                "id", connection.id().toString(),
                "provider", connection.provider(),
                "account", connection.account().id()));
    }

    private static HttpResponse<byte[]> created(Map<String, Object> json) {
        return HttpResponse.created(Json.write(json)).header("Cache-Control", "no-store");
    }

    private static String required(Map<String, @Nullable Object> json, String name) {
        var value = optional(json, name);
        if (value == null || value.isBlank()) {
            throw ProblemException.badRequest(name + " is required");
        }
        return value;
    }

    private static @Nullable String optional(Map<String, @Nullable Object> json, String name) {
        return switch (json.get(name)) {
            case null -> null;
            case String text when text.length() <= LONGEST -> text;
            default ->
                throw ProblemException.badRequest(name + " must be a text of " + LONGEST + " characters at most");
        };
    }

    private static Set<String> scopes(@Nullable Object value) {
        var scopes = new LinkedHashSet<String>();
        if (value != null) {
            if (!(value instanceof List<?> list)
                    || list.size() > MOST_SCOPES
                    || !list.stream().allMatch(scope -> scope instanceof String text && !text.isBlank())) {
                throw ProblemException.badRequest("scopes must be a list of " + MOST_SCOPES + " texts at most");
            }
            list.forEach(scope -> scopes.add(String.valueOf(scope)));
        }
        return scopes;
    }

    private static @Nullable UUID id(@Nullable Object value) {
        try {
            return value == null ? null : UUID.fromString(String.valueOf(value));
        } catch (IllegalArgumentException e) {
            throw ProblemException.badRequest("connection must be the id of a connection");
        }
    }
}
