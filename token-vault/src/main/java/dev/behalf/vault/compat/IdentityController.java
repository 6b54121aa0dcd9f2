package dev.behalf.vault.compat;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.account.OwnConnections;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connect.ConnectFailed;
import dev.behalf.vault.connect.Connecting;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Tokens;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.refresh.FreshToken;
import dev.behalf.vault.refresh.FreshTokens;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/api/v1/identity/oauth/{token,userinfo,revoke}`: for a user's own program, never for an agent. What it is
/// given is the access token; in place of the refresh token it gets the handle of a connection, which is of use
/// to this user alone and here alone. Errors have `detail`.
@Controller("/api/v1/identity/oauth")
final class IdentityController {

    private static final String HANDLE = "connection:";

    private final Catalogue catalogue;
    private final Connecting connecting;
    private final HeldTokens held;
    private final FreshTokens fresh;
    private final OwnConnections own;
    private final AuditLog audit;
    private final Clock clock;

    IdentityController(
            Catalogue catalogue,
            Connecting connecting,
            HeldTokens held,
            FreshTokens fresh,
            OwnConnections own,
            AuditLog audit,
            Clock clock) {
        this.catalogue = catalogue;
        this.connecting = connecting;
        this.held = held;
        this.fresh = fresh;
        this.own = own;
        this.audit = audit;
        this.clock = clock;
    }

    /// `{"provider", "code", "code_verifier", "redirect_uri"}`, for an authorization that this user has begun
    /// here with the challenge of that verifier (or, with `state` in its place, with a verifier of the
    /// vault's); or `{"provider", "grant_type": "refresh_token", "refresh_token"}`.
    @Post(value = "/token", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> token(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> new Members(JsonBody.read(headers, body)))
                .doOnNext(_ -> requireOwnProgram(caller))
                .flatMap(asked -> provider(asked).flatMap(provider -> switch (asked.grantType()) {
                    case "refresh_token" -> refreshed(caller, provider, asked);
                    case "authorization_code" -> exchanged(caller, provider, asked);
                    default ->
                        Mono.<HttpResponse<byte[]>>error(
                                ProblemException.badRequest("grant_type must be authorization_code or refresh_token"));
                }));
    }

    /// `{"provider", "access_token"}`, a token that this user was given here: whose account it is for.
    @Post(value = "/userinfo", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_READ)
    Mono<HttpResponse<byte[]>> userInfo(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> new Members(JsonBody.read(headers, body)))
                .flatMap(asked -> provider(asked)
                        .flatMap(provider -> held.byToken(caller.subject(), provider, Secret.of(asked.accessToken()))))
                .switchIfEmpty(Mono.error(
                        () -> ProblemException.badRequest("access_token is none of your connections at this provider")))
                .map(connection -> json(described(connection)));
    }

    /// `{"provider", "access_token"}`: ends the connection, there if the provider has a way, and here. An
    /// unknown token is as good as ended (RFC 7009 §2.2).
    @Post(value = "/revoke", produces = "application/json")
    @RequiresScope(Scope.CONNECTIONS_MANAGE)
    Mono<HttpResponse<byte[]>> revoke(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> new Members(JsonBody.read(headers, body)))
                .flatMap(asked -> provider(asked)
                        .flatMap(provider -> held.byToken(caller.subject(), provider, Secret.of(asked.accessToken()))))
                .flatMap(connection -> own.disconnect(connection, caller.clientId()))
                .map(outcome -> json(Map.of("revoked", true, "at_provider", outcome.word())))
                .defaultIfEmpty(json(Map.of("revoked", false)));
    }

    private Mono<HttpResponse<byte[]>> exchanged(Caller caller, Provider provider, Members asked) {
        var code = new Connecting.Code(
                provider.id(),
                asked.required("code"),
                asked.optional("code_verifier"),
                asked.optional("state"),
                asked.required("redirect_uri"),
                asked.optional("iss"));
        return connecting
                .complete(caller.subject(), code)
                .onErrorMap(ConnectFailed.class, IdentityController::asUpstream)
                .flatMap(connection -> fresh.of(connection.id()))
                .flatMap(token -> answer(caller, token, true));
    }

    private Mono<HttpResponse<byte[]>> refreshed(Caller caller, Provider provider, Members asked) {
        return Mono.justOrEmpty(handle(asked.required("refresh_token")))
                .flatMap(id -> held.byId(caller.subject(), provider, id))
                .switchIfEmpty(Mono.error(() ->
                        ProblemException.badRequest("refresh_token is none of your connections at this provider")))
                .flatMap(connection -> fresh.renewed(connection.id()))
                .flatMap(token -> answer(caller, token, false));
    }

    /// No token is given that is not in the audit log.
    private Mono<HttpResponse<byte[]>> answer(Caller caller, FreshToken token, boolean withHandle) {
        return switch (token) {
            case FreshToken.Good(var connection, var tokens) ->
                audit.append(event(AuditAction.TOKEN_READ, AuditOutcome.DONE, caller, connection)
                                .purpose("the user's own program")
                                .token(tokens.access()))
                        .thenReturn(json(given(connection, tokens, withHandle)));
            case FreshToken.NeedsReconnect(var connection, var reason) ->
                audit.append(event(AuditAction.TOKEN_REFUSED, AuditOutcome.REFUSED, caller, connection)
                                .detail(reason))
                        .then(Mono.error(
                                () -> ProblemException.badRequest("the account must be connected again: " + reason)));
            case FreshToken.Unavailable(var connection, var retryAfter) ->
                audit.append(event(AuditAction.TOKEN_REFUSED, AuditOutcome.REFUSED, caller, connection)
                                .detail("provider_unavailable"))
                        .then(Mono.error(() -> badGateway("the provider does not give a new token now", retryAfter)));
        };
    }

    private Map<String, Object> given(Connection connection, Tokens tokens, boolean withHandle) {
        var json = new LinkedHashMap<String, Object>();
        json.put("access_token", tokens.access().reveal());
        json.put("token_type", tokens.tokenType());
        if (connection.expiresAt() != null) {
            var left = Duration.between(clock.instant(), connection.expiresAt());
            json.put("expires_in", Math.max(0, left.toSeconds()));
        }
        if (withHandle && connection.refreshable()) {
            json.put("refresh_token", HANDLE + connection.id()); // the real one stays here
        }
        if (!connection.scopes().isEmpty()) {
            json.put("scope", String.join(" ", new TreeSet<>(connection.scopes())));
        }
        return json;
    }

    /// As the account was when it was connected: the token is shown to nobody for this.
    private static Map<String, @Nullable Object> described(Connection connection) {
        var account = connection.account();
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("id", account.id());
        json.put("name", account.name());
        json.put("email", account.email());
        json.put("avatar_url", account.avatarUrl());
        json.put("login", account.username() == null ? account.email() : account.username());
        json.put("profile_url", account.profileUrl());
        json.put("raw", new LinkedHashMap<>(json));
        return json;
    }

    private Mono<Provider> provider(Members asked) {
        return catalogue
                .resolve(asked.required("provider"))
                .switchIfEmpty(Mono.error(() -> ProblemException.badRequest("unknown provider")));
    }

    /// An agent that acts for the user is given tokens where the user lets it, and not here: one that is a
    /// client by itself is not given `connections:manage`, and one that an app asks for is the actor in the
    /// app's token.
    private static void requireOwnProgram(Caller caller) {
        boolean another = caller.actor() != null && !caller.actor().equals(caller.clientId());
        if (another || !caller.scopes().contains(Scope.CONNECTIONS_USE)) {
            throw new ProblemException(
                    HttpStatus.FORBIDDEN, "this is for the user's own programs, with the scope connections:use too");
        }
    }

    private static Optional<UUID> handle(String text) {
        try {
            return text.startsWith(HANDLE)
                    ? Optional.of(UUID.fromString(text.substring(HANDLE.length())))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// What the module expects of a provider that does not answer: 502, and not 503.
    private static ProblemException asUpstream(ConnectFailed fault) {
        if (fault.reason() != ConnectFailed.Reason.UNAVAILABLE) {
            return fault;
        }
        var retryAfter = fault.headers().getOrDefault("Retry-After", "10");
        return badGateway(fault.problem().detail(), Duration.ofSeconds(Long.parseLong(retryAfter)));
    }

    private static ProblemException badGateway(String detail, Duration retryAfter) {
        return new ProblemException(HttpStatus.BAD_GATEWAY, detail)
                .header("Retry-After", Long.toString(Math.max(1, retryAfter.toSeconds())));
    }

    private static AuditEvent event(AuditAction action, AuditOutcome outcome, Caller caller, Connection connection) {
        return AuditEvent.of(action, outcome)
                .by(caller.subject(), caller.clientId())
                .on(connection.provider(), connection.id().toString())
                .scopes(connection.scopes());
    }

    private static HttpResponse<byte[]> json(Map<String, ? extends @Nullable Object> body) {
        return HttpResponse.ok(Json.write(body)).header("Cache-Control", "no-store");
    }
}
