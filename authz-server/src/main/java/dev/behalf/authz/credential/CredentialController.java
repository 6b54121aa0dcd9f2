package dev.behalf.authz.credential;

import dev.behalf.authz.token.AccessToken;
import dev.behalf.authz.token.AccessTokens;
import dev.behalf.authz.token.IssuedToken;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/internal/credentials`: for the gateway, a credential in, an access token for one service out. An operator
/// is the subject of it, the gateway the actor (RFC 8693 §4.1); of a person's token, subject and actor stay.
/// The token never outlives the credential.
@Controller("/internal/credentials")
final class CredentialController {

    private static final Set<String> AUDIENCES =
            Set.of(Audience.IDP_REGISTRY, Audience.AUTHZ_SERVER, Audience.TOKEN_VAULT);

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
                        .recognise(exchange.credential, exchange.audience, gateway.clientId())
                        .flatMap(
                                holder -> tokens.issue(holder.entitlement(), settings.exchangeTtl(), holder.goodUntil())
                                        .map(token -> answer(token, holder)))
                        .switchIfEmpty(Mono.error(() -> new ProblemException(Problem.of(
                                HttpStatus.UNAUTHORIZED, "invalid-credential", "the API key or token is not valid")))));
    }

    private static HttpResponse<byte[]> answer(IssuedToken token, Credentials.Holder holder) {
        var json = token.toJson();
        var shown = holder.shown();
        if (shown != null) {
            json.put("shown", shown(shown));
        }
        return HttpResponse.ok(Json.write(json)).header("Cache-Control", "no-store");
    }

    /// What the gateway must know to tell that the person's token was revoked, and with it what it was
    /// exchanged for.
    private static Map<String, Object> shown(AccessToken token) {
        var json = new LinkedHashMap<String, Object>();
        json.put("jti", token.id());
        json.put("client_id", token.entitlement().clientId());
        json.put("iat", token.issuedAt().getEpochSecond());
        if (token.entitlement().grant() != null) {
            json.put("gid", token.entitlement().grant().gid());
        }
        return json;
    }
}
