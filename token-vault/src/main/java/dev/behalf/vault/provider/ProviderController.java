package dev.behalf.vault.provider;

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
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Put;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// `/api/v1/providers`: the providers at which users connect accounts, for operators. Secrets go in and never
/// come out.
@Controller("/api/v1/providers")
final class ProviderController {

    private final ProviderTable table;
    private final ProvidersFile file;
    private final ProviderChanges changes;
    private final ConfiguredProviders configured;
    private final BuiltIns builtIns;
    private final Removals removals;

    ProviderController(
            ProviderTable table,
            ProvidersFile file,
            ProviderChanges changes,
            ConfiguredProviders configured,
            BuiltIns builtIns,
            Removals removals) {
        this.table = table;
        this.file = file;
        this.changes = changes;
        this.configured = configured;
        this.builtIns = builtIns;
        this.removals = removals;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_READ)
    Mono<byte[]> list() {
        return Flux.fromIterable(file.entries().values())
                .map(this::shown)
                .concatWith(
                        table.all().filter(row -> file.find(row.id()).isEmpty()).concatMap(this::withRemoval))
                .collectList()
                .map(all -> Json.write(Map.of("providers", all, "builtIns", List.copyOf(builtIns.names()))));
    }

    @Get(value = "/{name}", produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_READ)
    Mono<byte[]> get(@PathVariable String name) {
        return Mono.justOrEmpty(ProviderId.parse(name))
                .flatMap(id -> file.find(id)
                        .map(entry -> Mono.just(shown(entry)))
                        .orElseGet(() -> table.find(id).flatMap(this::withRemoval)))
                .switchIfEmpty(Mono.error(ProviderController::unknown))
                .map(Json::write);
    }

    /// Creates (201) or replaces (200) it.
    @Put(value = "/{name}", produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_WRITE)
    Mono<HttpResponse<byte[]>> put(
            HttpHeaders headers, Caller caller, @PathVariable String name, @Body byte @Nullable [] body) {
        return Mono.defer(() -> changes.put(new ProviderId(name), JsonBody.read(headers, body), who(caller)))
                .onErrorMap(
                        InvalidProvider.class, fault -> ProblemException.badRequest(String.valueOf(fault.getMessage())))
                .map(stored -> HttpResponse.<byte[]>status(stored.created() ? HttpStatus.CREATED : HttpStatus.OK)
                        .body(Json.write(shown(stored.row()))));
    }

    /// Takes it away. With connections (202) it is there until they have ended, and tells how far that is.
    @Delete(value = "/{name}", produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_WRITE)
    Mono<HttpResponse<byte[]>> delete(Caller caller, @PathVariable String name) {
        return Mono.justOrEmpty(ProviderId.parse(name))
                .flatMap(id -> changes.remove(id, who(caller)))
                .switchIfEmpty(Mono.error(ProviderController::unknown))
                .map(removal -> switch (removal) {
                    case DONE -> HttpResponse.noContent();
                    case BEGUN ->
                        HttpResponse.<byte[]>accepted()
                                .header("Location", "/api/v1/providers/" + name)
                                .body(Json.write(Map.of("name", name, "state", "removing")));
                });
    }

    private Mono<Map<String, @Nullable Object>> withRemoval(ProviderTable.Row row) {
        var json = shown(row);
        return row.removedAt() == null
                ? Mono.just(json)
                : removals.progress(row.instance())
                        .doOnNext(progress -> json.put("removal", progress))
                        .thenReturn(json);
    }

    private Map<String, @Nullable Object> shown(ProvidersFile.Entry entry) {
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("name", entry.provider().id().name());
        json.put("source", "file");
        json.put("definition", entry.written());
        json.put("effective", entry.effective());
        json.put("hasClientSecret", entry.secretFile() != null);
        return json;
    }

    private Map<String, @Nullable Object> shown(ProviderTable.Row row) {
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("name", row.id().name());
        json.put("source", "api");
        json.put("definition", row.written());
        try {
            var effective = configured.effective(row, null);
            if (row.registration() != null) {
                effective.remove("client"); // it is a matter of the registration
            }
            json.put("effective", effective);
            var _ = configured.provider(row, null);
        } catch (InvalidProvider e) {
            json.put("fault", e.getMessage());
        }
        json.put("hasClientSecret", row.hasClientSecret());
        if (row.registration() != null) {
            json.put("registeredAt", row.registration());
        }
        json.put("changedBy", row.changedBy());
        json.put("changedAt", row.changedAt().toString());
        return json;
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("there is no provider of that name");
    }

    private static String who(Caller caller) {
        return caller.actor() == null ? caller.subject() : caller.subject() + " through " + caller.actor();
    }
}
