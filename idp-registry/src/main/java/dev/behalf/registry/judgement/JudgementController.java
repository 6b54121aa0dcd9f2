package dev.behalf.registry.judgement;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.registry.provider.ProviderLookup;
import dev.behalf.registry.provider.StoredProvider;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `…/{name}/status` and `…/{name}/try`: beside the provider's resource, which stays exactly as documented.
@Controller
final class JudgementController {

    private static final String V0 = "/api/identity-providers/{name}";
    private static final String V1 = "/api/v1/identity-providers/{name}";
    private static final String WORKSPACE = "/api/v1/workspaces/{workspace}/identity-providers/{name}";
    private static final String JSON = "application/json";
    private static final int RETRY_AFTER_SECONDS = 5;

    private final ProviderLookup providers;
    private final Validator validator;

    JudgementController(ProviderLookup providers, Validator validator) {
        this.providers = providers;
        this.validator = validator;
    }

    /// What the registry and the validator know: the key set's state is absent while the validator cannot be asked.
    @Get(
            uris = {V0 + "/status", V1 + "/status"},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> status(@PathVariable String name, @QueryValue @Nullable String namespace) {
        return providers.find(namespace == null ? "default" : namespace, name).flatMap(this::status);
    }

    @Get(value = WORKSPACE + "/status", produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> statusInWorkspace(@PathVariable String workspace, @PathVariable String name) {
        return status(name, workspace);
    }

    /// Explains the verdict on a token, check by check. The token is neither kept nor shown.
    @Post(
            uris = {V0 + "/try", V1 + "/try"},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> tryToken(
            @PathVariable String name, @QueryValue @Nullable String namespace, @Body byte @Nullable [] body) {
        return providers
                .find(namespace == null ? "default" : namespace, name)
                .flatMap(stored -> tryToken(stored, body));
    }

    @Post(value = WORKSPACE + "/try", produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> tryTokenInWorkspace(
            @PathVariable String workspace, @PathVariable String name, @Body byte @Nullable [] body) {
        return tryToken(name, workspace, body);
    }

    private Mono<byte[]> status(StoredProvider stored) {
        var state = stored.state();
        var status = new LinkedHashMap<String, @Nullable Object>();
        status.put("revision", state.revision());
        status.put("lastChange", stored.changedAt().toString());
        return validator
                .keys(state.namespace(), state.name())
                .doOnNext(keys -> status.put("jwks", keys))
                .onErrorResume(HttpCallFailed.class, fault -> {
                    status.put("jwks", Map.of("unknown", "the validator cannot be asked"));
                    return Mono.empty();
                })
                .then(Mono.fromSupplier(() -> Json.write(status)));
    }

    private Mono<byte[]> tryToken(StoredProvider stored, byte @Nullable [] body) {
        var json = object(body);
        if (!(json.get("token") instanceof String token) || token.isBlank()) {
            throw ProblemException.badRequest("token is required");
        }
        var host = json.get("host");
        if (host != null && !(host instanceof String)) {
            throw ProblemException.badRequest("host must be a string");
        }
        var question = new LinkedHashMap<String, Object>();
        question.put("token", token);
        question.put("provider", stored.state().key());
        question.put("host", host == null ? stored.state().host() : host);
        return validator
                .explain(question)
                .onErrorMap(
                        HttpCallFailed.class,
                        _ -> ProblemException.unavailable("the validator cannot be asked", RETRY_AFTER_SECONDS))
                .map(Json::write);
    }

    private static Map<String, @Nullable Object> object(byte @Nullable [] body) {
        try {
            return Json.readObject(body == null ? new byte[0] : body);
        } catch (InvalidJson e) {
            throw ProblemException.badRequest("the body must be a JSON object: " + e.getMessage());
        }
    }
}
