package dev.behalf.registry.provider;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Create, read and delete the providers whose tokens are accepted, on the paths of all generations of clients.
/// A workspace is a namespace.
@Controller
final class ProviderController {

    private static final String V0 = "/api/identity-providers";
    private static final String V1 = "/api/v1/identity-providers";
    private static final String WORKSPACE = "/api/v1/workspaces/{workspace}/identity-providers";
    private static final String JSON = "application/json";

    private static final Logger audit = LoggerFactory.getLogger("dev.behalf.registry.audit");

    private final ProviderTable table;
    private final ProviderStore store;
    private final ProviderLookup lookup;
    private final OutboundPolicy policy;

    ProviderController(ProviderTable table, ProviderLookup lookup, ProviderStore store, OutboundPolicy policy) {
        this.table = table;
        this.lookup = lookup;
        this.store = store;
        this.policy = policy;
    }

    @Get(
            uris = {V0, V1},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> list(
            @QueryValue @Nullable String namespace,
            @QueryValue @Nullable String host,
            @QueryValue @Nullable String issuer) {
        return table.list(
                        filter(namespace, given -> ProviderKey.require(given, "namespace")),
                        filter(host, ProviderController::host),
                        filter(issuer, ProviderController::issuer))
                .map(stored -> ProviderResource.of(stored.state()).json())
                .collectList()
                .map(Json::write);
    }

    @Get(value = WORKSPACE, produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> listInWorkspace(
            @PathVariable String workspace, @QueryValue @Nullable String host, @QueryValue @Nullable String issuer) {
        return list(ProviderKey.require(workspace, "workspace"), host, issuer);
    }

    @Get(
            uris = {V0 + "/{name}", V1 + "/{name}"},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<HttpResponse<byte[]>> get(
            HttpRequest<?> request, @PathVariable String name, @QueryValue @Nullable String namespace) {
        return lookup.find(ProviderKey.of(namespace, name)).map(stored -> {
            long revision = stored.state().revision();
            return Precondition.isKnown(request.getHeaders(), revision)
                    ? HttpResponse.<byte[]>notModified().header("ETag", Precondition.entityTag(revision))
                    : shown(HttpResponse.ok(), stored);
        });
    }

    @Get(value = WORKSPACE + "/{name}", produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<HttpResponse<byte[]>> getInWorkspace(
            HttpRequest<?> request, @PathVariable String workspace, @PathVariable String name) {
        return get(request, name, workspace);
    }

    /// Creates or replaces: one operation, so both answer 201 with the provider as stored.
    @Post(
            uris = {V0, V1},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_WRITE)
    Mono<HttpResponse<byte[]>> put(
            HttpRequest<?> request,
            Caller caller,
            @Body byte @Nullable [] body,
            @QueryValue @Nullable String dryRun,
            @QueryValue @Nullable String strict) {
        return put(request, caller, body, null, dryRun, strict);
    }

    @Post(value = WORKSPACE, produces = JSON)
    @RequiresScope(Scope.PROVIDERS_WRITE)
    Mono<HttpResponse<byte[]>> putInWorkspace(
            HttpRequest<?> request,
            Caller caller,
            @PathVariable String workspace,
            @Body byte @Nullable [] body,
            @QueryValue @Nullable String dryRun,
            @QueryValue @Nullable String strict) {
        return put(request, caller, body, ProviderKey.require(workspace, "workspace"), dryRun, strict);
    }

    @Delete(
            uris = {V0 + "/{name}", V1 + "/{name}"},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_WRITE)
    Mono<byte[]> delete(
            HttpRequest<?> request,
            Caller caller,
            @PathVariable String name,
            @QueryValue @Nullable String namespace,
            @QueryValue @Nullable String dryRun) {
        return store.delete(
                        ProviderKey.of(namespace, name),
                        Precondition.of(request.getHeaders()),
                        flag(dryRun, "dryRun"),
                        who(caller))
                .switchIfEmpty(Mono.error(() -> ProviderNotFound.named(name)))
                .doOnError(ProblemException.class, fault -> refused("delete", caller, fault))
                .map(_ -> Json.write(Map.of("status", "deleted")));
    }

    @Delete(value = WORKSPACE + "/{name}", produces = JSON)
    @RequiresScope(Scope.PROVIDERS_WRITE)
    Mono<byte[]> deleteInWorkspace(
            HttpRequest<?> request,
            Caller caller,
            @PathVariable String workspace,
            @PathVariable String name,
            @QueryValue @Nullable String dryRun) {
        return delete(request, caller, name, workspace, dryRun);
    }

    private Mono<HttpResponse<byte[]>> put(
            HttpRequest<?> request,
            Caller caller,
            byte @Nullable [] body,
            @Nullable String workspace,
            @Nullable String dryRun,
            @Nullable String strict) {
        return Mono.fromSupplier(() -> {
                    var json = JsonBody.read(request.getHeaders(), body);
                    return ProviderResource.parse(json, workspace, flag(strict, "strict"), policy);
                })
                .flatMap(resource ->
                        store.put(resource, Precondition.of(request.getHeaders()), flag(dryRun, "dryRun"), who(caller)))
                .doOnError(ProblemException.class, fault -> refused("put", caller, fault))
                .map(stored -> shown(HttpResponse.status(HttpStatus.CREATED), stored));
    }

    private static void refused(String what, Caller caller, ProblemException fault) {
        audit.info(
                "identity-provider {} refused with {} by {}",
                what,
                fault.problem().status(),
                who(caller));
    }

    /// A filter that is left out, or empty, lets all through.
    private static @Nullable String filter(@Nullable String given, UnaryOperator<String> check) {
        return given == null || given.isEmpty() ? null : check.apply(given);
    }

    private static String host(String given) {
        return HostName.canonical(given).orElseThrow(() -> new InvalidField("host", "must be a host name"));
    }

    private static String issuer(String given) {
        if (given.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidField("issuer", "holds a character that it must not");
        }
        return given;
    }

    private static HttpResponse<byte[]> shown(MutableHttpResponse<byte[]> response, StoredProvider stored) {
        var revision = stored.state().revision();
        return response.body(ProviderResource.of(stored.state()).toJson())
                .header("ETag", Precondition.entityTag(revision))
                .header("X-Revision", Long.toString(revision));
    }

    /// `true`, an empty value and `All` (as Kubernetes clients say) switch it on.
    private static boolean flag(@Nullable String value, String name) {
        return switch (value) {
            case null -> false;
            case "true", "", "All" -> true;
            case "false" -> false;
            default -> throw ProblemException.badRequest(name + " must be true or false");
        };
    }

    private static String who(Caller caller) {
        return caller.actor() == null ? caller.subject() : caller.subject() + " through " + caller.actor();
    }
}
