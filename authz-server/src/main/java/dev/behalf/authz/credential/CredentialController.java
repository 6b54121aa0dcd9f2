package dev.behalf.authz.credential;

import dev.behalf.authz.grant.Actor;
import dev.behalf.authz.token.AccessTokens;
import dev.behalf.authz.token.Entitlement;
import dev.behalf.authz.token.TokenSettings;
import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/internal/credentials`: for the gateway, a credential in, an access token for one service out. The subject
/// is the operator, the actor the gateway (RFC 8693 §4.1). The token never outlives the credential.
@Controller("/internal/credentials")
final class CredentialController {

    private static final Set<String> AUDIENCES = Set.of(Audience.IDP_REGISTRY, Audience.AUTHZ_SERVER);

    private final Credentials credentials;
    private final AccessTokens tokens;
    private final TokenSettings settings;

    CredentialController(Credentials credentials, AccessTokens tokens, TokenSettings settings) {
        this.credentials = credentials;
        this.tokens = tokens;
        this.settings = settings;
    }

    private record Exchange(String credential, String audience) {

        static Exchange parse(Map<String, @Nullable Object> json) {
            if (json.get("credential") instanceof String credential
                    && json.get("audience") instanceof String audience
                    && AUDIENCES.contains(audience)) {
                return new Exchange(credential, audience);
            }
            throw ProblemException.badRequest("credential and a known audience are required");
        }

        @Override
        public String toString() {
            return "Exchange[" + audience + "]";
        }
    }

    @Post(produces = "application/json")
    @RequiresScope(Scope.CREDENTIALS_EXCHANGE)
    Mono<HttpResponse<byte[]>> exchange(Caller gateway, HttpHeaders headers, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> Exchange.parse(JsonBody.read(headers, body)))
                .flatMap(exchange -> credentials
                        .recognise(exchange.credential)
                        .flatMap(holder -> tokens.issue(
                                new Entitlement(
                                        holder.subject(),
                                        holder.clientId(),
                                        exchange.audience,
                                        holder.scopes(),
                                        new Actor(gateway.clientId(), null),
                                        null,
                                        null),
                                settings.exchangeTtl(),
                                holder.goodUntil()))
                        .switchIfEmpty(Mono.error(() -> new ProblemException(Problem.of(
                                HttpStatus.UNAUTHORIZED, "invalid-credential", "the API key or token is not valid")))))
                .map(token ->
                        HttpResponse.ok(Json.write(Map.copyOf(token.toJson()))).header("Cache-Control", "no-store"));
    }
}
