package dev.behalf.authz.client;

import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/api/v1/clients`: operators list, make, change, disable and delete clients. A secret is shown once, in the
/// answer that makes it.
@Controller("/api/v1/clients")
final class ClientController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final OperatorClients clients;
    private final ClientList list;

    ClientController(OperatorClients clients, ClientList list) {
        this.clients = clients;
        this.list = list;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.CLIENTS_READ)
    Mono<byte[]> list(@QueryValue(defaultValue = "") String after, @QueryValue(defaultValue = "100") String limit) {
        return list.page(after, limit).map(Json::write);
    }

    @Post(produces = "application/json")
    @RequiresScope(Scope.CLIENTS_WRITE)
    Mono<HttpResponse<byte[]>> create(Caller caller, HttpHeaders headers, @Body byte @Nullable [] body) {
        return plain(Mono.defer(() -> clients.create(JsonBody.read(headers, body), caller)))
                .doOnNext(made -> audit(caller, made.client().id(), "created"))
                .map(made -> HttpResponse.created(shown(made)).header("Cache-Control", "no-store"));
    }

    @Get(value = "/{id}", produces = "application/json")
    @RequiresScope(Scope.CLIENTS_READ)
    Mono<byte[]> read(String id) {
        return list.find(id).map(Json::write).switchIfEmpty(Mono.error(ClientController::notFound));
    }

    @Put(value = "/{id}", produces = "application/json")
    @RequiresScope(Scope.CLIENTS_WRITE)
    Mono<HttpResponse<byte[]>> replace(Caller caller, HttpHeaders headers, String id, @Body byte @Nullable [] body) {
        return answer(
                caller, id, "changed", Mono.defer(() -> clients.replace(id, JsonBody.read(headers, body), caller)));
    }

    @Post(value = "/{id}/secret", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.CLIENTS_WRITE)
    Mono<HttpResponse<byte[]>> rotateSecret(Caller caller, String id) {
        return answer(caller, id, "given a new secret", clients.rotateSecret(id, caller));
    }

    @Post(value = "/{id}/disable", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.CLIENTS_WRITE)
    Mono<HttpResponse<byte[]>> disable(Caller caller, String id) {
        return answer(caller, id, "disabled", clients.enable(id, false));
    }

    @Post(value = "/{id}/enable", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.CLIENTS_WRITE)
    Mono<HttpResponse<byte[]>> enable(Caller caller, String id) {
        return answer(caller, id, "enabled", clients.enable(id, true));
    }

    @Delete("/{id}")
    @RequiresScope(Scope.CLIENTS_WRITE)
    Mono<HttpResponse<byte[]>> delete(Caller caller, String id) {
        return answer(caller, id, "deleted", clients.delete(id)).map(_ -> HttpResponse.noContent());
    }

    private static Mono<HttpResponse<byte[]>> answer(
            Caller caller, String id, String what, Mono<OperatorClients.Shown> work) {
        return plain(work)
                .switchIfEmpty(Mono.error(ClientController::notFound))
                .doOnNext(_ -> audit(caller, id, what))
                .map(shown -> HttpResponse.ok(shown(shown)).header("Cache-Control", "no-store"));
    }

    private static byte[] shown(OperatorClients.Shown shown) {
        var json = ClientList.json(shown.client());
        if (shown.secret() != null) {
            json.put("client_secret", shown.secret().reveal());
        }
        return Json.write(json);
    }

    /// Metadata that are refused are refused here as any other bad input is.
    private static <T> Mono<T> plain(Mono<T> work) {
        return work.onErrorMap(
                OAuthError.class, refused -> ProblemException.badRequest(String.valueOf(refused.getMessage())));
    }

    private static ProblemException notFound() {
        return ProblemException.notFound("there is no such client");
    }

    private static void audit(Caller caller, String id, String what) {
        audit.info("client {} {} by {} through {}", id, what, caller.subject(), caller.actor());
    }
}
