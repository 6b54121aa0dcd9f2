package dev.behalf.authz.authorize;

import dev.behalf.authz.client.authentication.ClientAuthenticator;
import dev.behalf.authz.network.Allowances;
import dev.behalf.authz.network.Network;
import dev.behalf.authz.network.TooManyRequests;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;

/// `/oauth/par`: takes an authorization request from the client itself, before the browser comes (RFC 9126).
@Controller
final class PushedRequestController {

    /// What waits to be answered is answered, or forgotten, before long.
    private static final Duration WHEN_FULL = Duration.ofMinutes(1);

    private final ClientAuthenticator clients;
    private final AuthorizationRequests requests;
    private final PushedRequests pushed;
    private final Allowances allowances;

    PushedRequestController(
            ClientAuthenticator clients,
            AuthorizationRequests requests,
            PushedRequests pushed,
            AuthorizationSettings settings,
            Clock clock) {
        this.clients = clients;
        this.requests = requests;
        this.pushed = pushed;
        this.allowances = new Allowances(settings.pushBurst(), settings.pushEvery(), clock);
    }

    @Post(value = "/oauth/par", produces = MediaType.APPLICATION_JSON)
    @Consumes(MediaType.ALL)
    @Unprotected("the client proves itself in the request")
    Mono<HttpResponse<byte[]>> push(HttpRequest<byte[]> http) {
        return Mono.fromSupplier(() -> {
                    allowances.take(Network.of(http).name()).ifPresent(wait -> {
                        throw new TooManyRequests("too many pushed requests from this network", wait);
                    });
                    return OAuthRequest.ofForm(http);
                })
                .flatMap(request -> clients.authenticate(request).flatMap(client -> {
                    if (request.parameter("request_uri").isPresent()) {
                        throw OAuthError.of("invalid_request", "request_uri cannot be pushed"); // RFC 9126 §2.1
                    }
                    return requests.read(client, request, null)
                            .onErrorMap(PushedRequestController::error)
                            .then(pushed.push(request, client.id()))
                            .switchIfEmpty(Mono.error(() -> new TooManyRequests(
                                    "too many pushed requests of this client wait to be answered", WHEN_FULL)));
                }))
                .map(uri -> HttpResponse.created(Json.write(
                                Map.of("request_uri", uri, "expires_in", PushedRequests.LIFETIME.toSeconds())))
                        .header("Cache-Control", "no-store"));
    }

    /// What the browser would have been told is told to the client at once (RFC 9126 §2.3).
    private static Throwable error(Throwable refusal) {
        return switch (refusal) {
            case Shown _ -> OAuthError.of("invalid_request", "redirect_uri is not one of the client's");
            case Sent sent -> OAuthError.of(sent.error(), String.valueOf(sent.getMessage()));
            default -> refusal;
        };
    }
}
