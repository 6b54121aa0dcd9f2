package dev.behalf.vault.registration;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.ProviderId;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/api/v1/providers/{name}/registration`: the vault's registration at the issuer of a provider, which all
/// providers of that issuer share. Its secrets are never in an answer.
@Controller("/api/v1/providers/{name}/registration")
final class RegistrationController {

    private static final int LONGEST_TOKEN = 4_000;

    private final Catalogue catalogue;
    private final Registrations registrations;
    private final AuditLog audit;
    private final Clock clock;

    RegistrationController(Catalogue catalogue, Registrations registrations, AuditLog audit, Clock clock) {
        this.catalogue = catalogue;
        this.registrations = registrations;
        this.audit = audit;
        this.clock = clock;
    }

    /// @param at `server`: has the server say it again first
    @Get(produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_READ)
    Mono<byte[]> get(@PathVariable String name, @QueryValue @Nullable String at) {
        if (at != null && !at.equals("server")) {
            throw ProblemException.badRequest("at can be server only");
        }
        return issuer(name)
                .flatMap(issuer -> at == null ? registrations.find(issuer) : registrations.read(issuer))
                .switchIfEmpty(Mono.error(RegistrationController::unknown))
                .map(this::shown)
                .map(Json::write);
    }

    /// Changes members of the client's metadata (RFC 7591 §2); null removes one.
    @Put(produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_WRITE)
    Mono<byte[]> update(HttpHeaders headers, Caller caller, @PathVariable String name, @Body byte @Nullable [] body) {
        return Mono.defer(() -> {
                    var changes = JsonBody.read(headers, body);
                    return issuer(name)
                            .flatMap(issuer -> recorded(caller, name, "updated")
                                    .then(Mono.defer(() -> registrations.update(issuer, changes))));
                })
                .map(this::shown)
                .map(Json::write);
    }

    /// Registers anew: `{"initialAccessToken"?}`.
    @Post(produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_WRITE)
    Mono<HttpResponse<byte[]>> again(
            HttpHeaders headers, Caller caller, @PathVariable String name, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> initialAccessToken(JsonBody.read(headers, body)))
                .flatMap(token -> issuer(name)
                        .flatMap(issuer -> recorded(caller, name, "made anew")
                                .then(Mono.defer(() -> registrations.again(issuer, token.orElse(null))))))
                .map(registration -> HttpResponse.created(Json.write(shown(registration))));
    }

    @Delete(produces = "application/json")
    @RequiresScope(Scope.VAULT_PROVIDERS_WRITE)
    Mono<byte[]> delete(Caller caller, @PathVariable String name) {
        return issuer(name)
                .flatMap(issuer ->
                        recorded(caller, name, "deleted").then(Mono.defer(() -> registrations.delete(issuer))))
                .map(done -> Json.write(Map.of("atServer", done ? "deleted" : "not_deleted")));
    }

    private Mono<String> issuer(String name) {
        return Mono.justOrEmpty(ProviderId.parse(name))
                .flatMap(catalogue::find)
                .ofType(OAuthProvider.class)
                .flatMap(provider -> Mono.justOrEmpty(provider.registration()))
                .switchIfEmpty(Mono.error(RegistrationController::unknown));
    }

    private static Optional<Secret> initialAccessToken(Map<String, @Nullable Object> body) {
        return switch (body.get("initialAccessToken")) {
            case null -> Optional.empty();
            case String text
            when text.matches("[\\x21-\\x7E]{1," + LONGEST_TOKEN + "}") -> Optional.of(Secret.of(text));
            default -> throw ProblemException.badRequest("initialAccessToken must be visible characters");
        };
    }

    private Map<String, @Nullable Object> shown(Registration registration) {
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("issuer", registration.issuer());
        json.put("state", state(registration));
        if (registration.clientId() != null) {
            json.put("clientId", registration.clientId());
            json.put(
                    "clientAuthentication", registration.authentication().name().toLowerCase(Locale.ROOT));
            json.put("managed", registration.managementUrl() != null);
            json.put("registeredAt", String.valueOf(registration.registeredAt()));
            json.put("metadata", registration.metadata());
        }
        if (registration.secretExpiresAt() != null) {
            json.put("clientSecretExpiresAt", registration.secretExpiresAt().toString());
        }
        if (registration.obstacle() != null) {
            json.put("fault", registration.obstacle());
        }
        return json;
    }

    private String state(Registration registration) {
        if (registration.clientId() == null) {
            return "none";
        }
        if (registration.lost()) {
            return "lost";
        }
        return registration.isExpiredAt(clock.instant()) ? "expired" : "registered";
    }

    private Mono<Void> recorded(Caller caller, String name, String what) {
        return audit.append(AuditEvent.of(AuditAction.PROVIDER_CHANGED, AuditOutcome.BEGUN)
                .by(caller.subject(), caller.actor())
                .on(name, null)
                .detail("the registration of the client is " + what));
    }

    private static ProblemException unknown() {
        return ProblemException.notFound("the client of that provider is not registered by this vault");
    }
}
