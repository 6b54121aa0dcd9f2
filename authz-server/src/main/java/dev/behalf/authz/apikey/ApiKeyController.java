package dev.behalf.authz.apikey;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/auth/api-keys`: an operator's keys. A key is shown once, in the answer that makes it.
@Controller("/auth/api-keys")
final class ApiKeyController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final ApiKeys keys;

    ApiKeyController(ApiKeys keys) {
        this.keys = keys;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.API_KEYS_READ)
    Mono<byte[]> list() {
        return keys.all().map(ApiKey::toJson).collectList().map(Json::write);
    }

    @Post(produces = "application/json")
    @RequiresScope(Scope.API_KEYS_WRITE)
    Mono<HttpResponse<byte[]>> create(Caller caller, HttpHeaders headers, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> ApiKeyRequest.parse(JsonBody.read(headers, body), caller))
                .flatMap(request -> keys.create(request.name(), request.scopes(), request.lifetime()))
                .switchIfEmpty(Mono.error(() ->
                        new ProblemException(HttpStatus.CONFLICT, "there are " + ApiKeys.MOST + " API keys already")))
                .doOnNext(created -> audit(caller, "created", created.key().id()))
                .map(created -> HttpResponse.created(Json.write(shown(created))).header("Cache-Control", "no-store"));
    }

    @Post(value = "/{id}/rotate", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.API_KEYS_WRITE)
    Mono<HttpResponse<byte[]>> rotate(Caller caller, String id) {
        return known(id)
                .flatMap(key -> keys.rotate(key, caller.scopes()))
                .switchIfEmpty(Mono.error(ApiKeyController::notFound))
                .doOnNext(_ -> audit(caller, "rotated", id))
                .map(created -> HttpResponse.created(Json.write(shown(created))).header("Cache-Control", "no-store"));
    }

    @Delete(value = "/{id}", produces = "application/json")
    @RequiresScope(Scope.API_KEYS_WRITE)
    Mono<byte[]> revoke(Caller caller, String id) {
        return known(id)
                .flatMap(keys::revoke)
                .switchIfEmpty(Mono.error(ApiKeyController::notFound))
                .doOnNext(_ -> audit(caller, "revoked", id))
                .map(_ -> Json.write(Map.of("status", "deleted")));
    }

    private static Map<String, Object> shown(ApiKeys.Created created) {
        var json = new LinkedHashMap<String, Object>();
        json.put("key", created.key().toJson());
        json.put("token", created.token().reveal());
        json.put("header", "Authorization");
        return json;
    }

    /// The id if a key could have it; what no key can have is not looked up.
    private static Mono<String> known(String id) {
        return id.matches("[0-9a-f-]{36}") ? Mono.just(id) : Mono.empty();
    }

    private static ProblemException notFound() {
        return ProblemException.notFound("there is no such API key");
    }

    private static void audit(Caller caller, String what, String id) {
        audit.info("api-key {} {} by {} through {}", id, what, caller.subject(), caller.actor());
    }
}
