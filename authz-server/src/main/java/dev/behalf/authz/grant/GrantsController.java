package dev.behalf.authz.grant;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/api/v1/grants`: what agents hold, for operators; revoked one by one, or all of a person, of an agent, or
/// both. Whoever's agent is ended so is asked before it gets anything again.
@Controller("/api/v1/grants")
final class GrantsController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");
    private static final int MOST_LISTED = 500;
    private static final int MAX_LENGTH = 512;

    private final Grants grants;

    GrantsController(Grants grants) {
        this.grants = grants;
    }

    /// The newest [#MOST_LISTED] that are alive.
    @Get(produces = "application/json")
    @RequiresScope(Scope.GRANTS_READ)
    Mono<byte[]> list(@Nullable @QueryValue String subject, @Nullable @QueryValue("client_id") String clientId) {
        return Mono.defer(() -> grants.list(bounded(subject), bounded(clientId), MOST_LISTED))
                .map(all -> Json.write(all.stream().map(GrantsController::json).toList()));
    }

    @Delete(value = "/{gid}", produces = "application/json")
    @RequiresScope(Scope.GRANTS_WRITE)
    Mono<byte[]> revoke(Caller caller, String gid) {
        return Mono.defer(() -> grants.end(String.valueOf(bounded(gid))))
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no such grant")))
                .doOnNext(_ -> audit.info("grant {} revoked by {}", gid, caller.subject()))
                .map(_ -> Json.write(Map.of("status", "revoked")));
    }

    /// At least one of the two must be named: nobody revokes everything by leaving something out.
    @Delete(produces = "application/json")
    @RequiresScope(Scope.GRANTS_WRITE)
    Mono<byte[]> revokeAll(
            Caller caller, @Nullable @QueryValue String subject, @Nullable @QueryValue("client_id") String clientId) {
        return Mono.defer(() -> {
            if (bounded(subject) == null && bounded(clientId) == null) {
                throw ProblemException.badRequest("subject or client_id is required");
            }
            return grants.endAll(subject, clientId)
                    .doOnNext(count -> audit.info(
                            "{} grants of {} to {} revoked by {}", count, subject, clientId, caller.subject()))
                    .map(count -> Json.write(Map.of("revoked", count)));
        });
    }

    private static Map<String, Object> json(Grant grant) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", grant.gid());
        if (grant.parent() != null) {
            json.put("parent", grant.parent());
        }
        json.put("subject", grant.subject());
        json.put("username", grant.username());
        json.put("client_id", grant.clientId());
        json.put("act", grant.actor().toJson());
        json.put("resources", grant.resources());
        json.put("scopes", grant.scopes().stream().sorted().toList());
        json.put("created_at", grant.createdAt().toString());
        json.put("expires_at", grant.expiresAt().toString());
        return json;
    }

    private static @Nullable String bounded(@Nullable String text) {
        if (text != null && (text.isEmpty() || text.length() > MAX_LENGTH || text.indexOf('\0') >= 0)) {
            throw ProblemException.badRequest("a value is empty, too long, or holds what it must not");
        }
        return text;
    }
}
