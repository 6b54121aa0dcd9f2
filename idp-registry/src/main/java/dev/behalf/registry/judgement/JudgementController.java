package dev.behalf.registry.judgement;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.registry.provider.HostName;
import dev.behalf.registry.provider.ProviderKey;
import dev.behalf.registry.provider.ProviderLookup;
import dev.behalf.registry.provider.StoredProvider;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `…/{name}/status` and `…/{name}/try`: beside the provider's resource, which stays exactly as documented.
@Controller
final class JudgementController {

    private static final String V0 = "/api/identity-providers/{name}";
    private static final String V1 = "/api/v1/identity-providers/{name}";
    private static final String WORKSPACE = "/api/v1/workspaces/{workspace}/identity-providers/{name}";
    private static final String JSON = "application/json";
    private static final Logger log = LoggerFactory.getLogger(JudgementController.class);
    private static final int RETRY_AFTER_SECONDS = 5;

    private final ProviderLookup providers;
    private final Validator validator;

    JudgementController(ProviderLookup providers, Validator validator) {
        this.providers = providers;
        this.validator = validator;
    }

    /// What the registry and the validator know. While the validator cannot be asked, `reachable` is null: unknown.
    @Get(
            uris = {V0 + "/status", V1 + "/status"},
            produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<byte[]> status(@PathVariable String name, @QueryValue @Nullable String namespace) {
        return providers.find(ProviderKey.of(namespace, name)).flatMap(this::status);
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
    Mono<HttpResponse<byte[]>> tryToken(
            HttpHeaders headers,
            @PathVariable String name,
            @QueryValue @Nullable String namespace,
            @Body byte @Nullable [] body) {
        var json = JsonBody.read(headers, body);
        return providers.find(ProviderKey.of(namespace, name)).flatMap(stored -> tryToken(stored, json));
    }

    @Post(value = WORKSPACE + "/try", produces = JSON)
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<HttpResponse<byte[]>> tryTokenInWorkspace(
            HttpHeaders headers,
            @PathVariable String workspace,
            @PathVariable String name,
            @Body byte @Nullable [] body) {
        return tryToken(headers, name, workspace, body);
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
                    log.info("No state of the keys of {}: {}", state.key(), fault.getMessage());
                    status.put("jwks", unknown());
                    return Mono.empty();
                })
                .then(Mono.fromSupplier(() -> Json.write(status)));
    }

    private static Map<String, @Nullable Object> unknown() {
        var jwks = new LinkedHashMap<String, @Nullable Object>();
        jwks.put("reachable", null);
        jwks.put("lastError", "the validator cannot be asked");
        return jwks;
    }

    private Mono<HttpResponse<byte[]>> tryToken(StoredProvider stored, Map<String, @Nullable Object> json) {
        var question = new LinkedHashMap<String, Object>();
        question.put("token", token(json.get("token")));
        question.put("provider", stored.state().key());
        question.put("host", host(json.get("host"), stored.state().host()));
        return validator
                .explain(question)
                .onErrorMap(
                        HttpCallFailed.class,
                        _ -> ProblemException.unavailable("the validator cannot be asked", RETRY_AFTER_SECONDS))
                .map(explanation -> HttpResponse.ok(Json.write(explanation)).header("Cache-Control", "no-store"));
    }

    private static String token(@Nullable Object value) {
        return switch (value) {
            case null -> throw ProblemException.badRequest("token is required");
            case String token when token.isBlank() -> throw ProblemException.badRequest("token is required");
            case String token -> token;
            default -> throw ProblemException.badRequest("token must be a string");
        };
    }

    private static String host(@Nullable Object value, String otherwise) {
        return switch (value) {
            case null -> otherwise;
            case String host ->
                HostName.canonical(host)
                        .orElseThrow(() -> ProblemException.badRequest("host must be a host name, without a port"));
            default -> throw ProblemException.badRequest("host must be a string");
        };
    }
}
