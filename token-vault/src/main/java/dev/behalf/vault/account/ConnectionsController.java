package dev.behalf.vault.account;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.allowance.Allowance;
import dev.behalf.vault.allowance.Allowances;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.connection.TokenStatus;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Put;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/api/v1/connections`: a user's connections, for the user's own programs. A token of the connection is never
/// in an answer.
@Controller("/api/v1/connections")
final class ConnectionsController {

    private static final int LONGEST_AGENT = 500;
    private static final int MOST_SCOPES = 100;

    private final Connections connections;
    private final Allowances allowances;
    private final OwnConnections own;
    private final Clock clock;

    ConnectionsController(Connections connections, Allowances allowances, OwnConnections own, Clock clock) {
        this.connections = connections;
        this.allowances = allowances;
        this.own = own;
        this.clock = clock;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_READ)
    Mono<HttpResponse<byte[]>> list(Caller caller) {
        return connections
                .ofOwner(caller.subject())
                .concatMap(this::withAgents)
                .collectList()
                .map(all ->
                        HttpResponse.ok(Json.write(Map.of("connections", all))).header("Cache-Control", "no-store"));
    }

    /// Ends the connection: its tokens are destroyed, with the keys that they were sealed by, and revoked at
    /// the provider if that has a way. The answer says what came of the latter.
    @Delete(value = "/{id}", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> disconnect(Caller caller, @PathVariable String id) {
        return own(caller, id)
                .flatMap(connection -> own.disconnect(connection, caller.clientId()))
                .map(outcome -> HttpResponse.ok(Json.write(Map.of("at_provider", outcome.word()))));
    }

    /// Lets an agent use the connection: `{"scopes": [...], "until": "2026-12-31T00:00:00Z"}`, both optional.
    @Put("/{id}/agents/{agent}")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<Void>> allow(
            HttpHeaders headers,
            Caller caller,
            @PathVariable String id,
            @PathVariable String agent,
            @Body byte @Nullable [] body) {
        return own(caller, id)
                .flatMap(
                        connection -> own.allow(connection, allowance(connection, agent, JsonBody.read(headers, body))))
                .thenReturn(HttpResponse.noContent());
    }

    /// Ends that, from this moment on.
    @Delete("/{id}/agents/{agent}")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<Void>> forbid(Caller caller, @PathVariable String id, @PathVariable String agent) {
        return own(caller, id)
                .flatMap(connection -> own.forbid(connection, agent))
                .filter(ended -> ended)
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("this agent may not use it anyway")))
                .thenReturn(HttpResponse.noContent());
    }

    private Mono<Connection> own(Caller caller, String id) {
        return own.find(caller.subject(), id)
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no such connection")));
    }

    private Allowance allowance(Connection connection, String agent, Map<String, @Nullable Object> body) {
        if (agent.length() > LONGEST_AGENT) {
            throw ProblemException.badRequest("the agent must be a client id");
        }
        var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return new Allowance(connection.id(), agent, scopes(body.get("scopes")), now, until(body.get("until"), now));
    }

    private static @Nullable Set<String> scopes(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        if (value instanceof List<?> list
                && list.size() <= MOST_SCOPES
                && list.stream().allMatch(String.class::isInstance)) {
            var scopes = new LinkedHashSet<String>();
            list.forEach(scope -> scopes.add(String.valueOf(scope)));
            return scopes;
        }
        throw ProblemException.badRequest("scopes must be a list of " + MOST_SCOPES + " texts at most");
    }

    private static @Nullable Instant until(@Nullable Object value, Instant now) {
        if (value == null) {
            return null;
        }
        try {
            if (value instanceof String text && Instant.parse(text).isAfter(now)) {
                return Instant.parse(text).truncatedTo(ChronoUnit.MICROS);
            }
        } catch (DateTimeException e) {
            // refused below
        }
        throw ProblemException.badRequest("until must be a time to come, such as 2030-12-31T00:00:00Z");
    }

    private Mono<Map<String, Object>> withAgents(Connection connection) {
        return allowances.ofConnection(connection.id()).collectList().map(agents -> {
            var json = describe(connection);
            json.put(
                    "agents",
                    agents.stream().map(ConnectionsController::describe).toList());
            return json;
        });
    }

    private Map<String, Object> describe(Connection connection) {
        var now = clock.instant();
        var account = connection.account();
        var json = new LinkedHashMap<String, Object>();
        json.put("id", connection.id().toString());
        json.put("provider", connection.provider());
        var shown = new LinkedHashMap<String, Object>();
        shown.put("id", account.id());
        put(shown, "username", account.username());
        put(shown, "name", account.name());
        put(shown, "email", account.email());
        put(shown, "avatar_url", account.avatarUrl());
        put(shown, "profile_url", account.profileUrl());
        json.put("account", shown);
        json.put("scopes", new TreeSet<>(connection.scopes()));
        json.put(
                "status",
                connection.obstacle() == null
                        ? TokenStatus.of(connection.expiresAt(), now).word()
                        : "needs_reconnect");
        put(json, "reason", connection.obstacle());
        json.put("expires", TokenStatus.text(connection.expiresAt(), now));
        json.put("refreshable", connection.refreshable());
        json.put("connected_at", connection.connectedAt().toString());
        if (connection.expiresAt() != null) {
            json.put("expires_at", connection.expiresAt().toString());
            json.put("expires_at_ms", connection.expiresAt().toEpochMilli());
        }
        if (connection.lastUsedAt() != null) {
            json.put("last_used_at", connection.lastUsedAt().toString());
        }
        put(json, "last_used_by", connection.lastUsedBy());
        return json;
    }

    private static Map<String, Object> describe(Allowance allowance) {
        var json = new LinkedHashMap<String, Object>();
        json.put("agent", allowance.agent());
        if (allowance.scopes() != null) {
            json.put("scopes", new TreeSet<>(allowance.scopes()));
        }
        json.put("given_at", allowance.givenAt().toString());
        if (allowance.until() != null) {
            json.put("until", allowance.until().toString());
        }
        return json;
    }

    private static void put(Map<String, Object> json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value);
        }
    }
}
