package dev.behalf.authz.client;

import dev.behalf.authz.network.Allowances;
import dev.behalf.authz.network.Network;
import dev.behalf.authz.network.TooManyRequests;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/oauth/register`: clients register themselves (RFC 7591) and manage what they registered (RFC 7592).
@Controller("/oauth/register")
@Consumes(MediaType.ALL)
@Produces(MediaType.APPLICATION_JSON)
final class RegistrationController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// There are as many unused registrations as there may be, and all are young.
    private static final Duration WHEN_FULL = Duration.ofMinutes(10);

    private final Registrations registrations;
    private final String endpoint;
    private final Allowances allowances;
    private final @Nullable Sha256 initialAccessToken;

    RegistrationController(
            Registrations registrations, OAuthSettings oauth, RegistrationSettings settings, Clock clock) {
        this.registrations = registrations;
        this.endpoint = oauth.issuer() + "/oauth/register";
        this.allowances = new Allowances(settings.burst(), settings.every(), clock);
        this.initialAccessToken =
                settings.initialAccessToken() == null ? null : Sha256.of(settings.initialAccessToken());
    }

    @Post
    @Unprotected("anybody may register, unless an initial access token is demanded, which is checked here")
    Mono<HttpResponse<byte[]>> register(HttpRequest<byte[]> request) {
        return Mono.defer(() -> {
            var network = Network.of(request);
            allowances.take(network.name()).ifPresent(wait -> {
                throw new TooManyRequests("too many registrations from this network", wait);
            });
            if (initialAccessToken != null
                    && !bearer(request)
                            .map(Sha256::of)
                            .filter(initialAccessToken::equals)
                            .isPresent()) {
                throw RegistrationRefused.unauthorized();
            }
            return registrations
                    .register(RegistrationBody.read(request))
                    .switchIfEmpty(
                            Mono.error(() -> new TooManyRequests("too many registrations that nobody uses", WHEN_FULL)))
                    .doOnNext(made -> audit.info(
                            "client {} registered itself", made.client().id()))
                    .map(made -> HttpResponse.created(json(made)).header("Cache-Control", "no-store"));
        });
    }

    @Get("/{id}")
    @Unprotected("the registration access token is checked here")
    Mono<HttpResponse<byte[]>> read(HttpRequest<?> request, String id) {
        return Mono.defer(() -> registrations.read(id, token(request)))
                .switchIfEmpty(Mono.error(RegistrationRefused::unauthorized))
                .map(found -> HttpResponse.ok(json(found)).header("Cache-Control", "no-store"));
    }

    @Put("/{id}")
    @Unprotected("the registration access token is checked here")
    Mono<HttpResponse<byte[]>> update(HttpRequest<byte[]> request, String id) {
        return Mono.defer(() -> registrations.update(id, token(request), RegistrationBody.read(request)))
                .switchIfEmpty(Mono.error(RegistrationRefused::unauthorized))
                .doOnNext(_ -> audit.info("client {} changed its registration", id))
                .map(changed -> HttpResponse.ok(json(changed)).header("Cache-Control", "no-store"));
    }

    @Delete("/{id}")
    @Unprotected("the registration access token is checked here")
    Mono<HttpResponse<byte[]>> delete(HttpRequest<?> request, String id) {
        return Mono.defer(() -> registrations.delete(id, token(request)))
                .switchIfEmpty(Mono.error(RegistrationRefused::unauthorized))
                .doOnNext(_ -> audit.info("client {} deleted its registration", id))
                .map(_ -> HttpResponse.<byte[]>noContent().header("Cache-Control", "no-store"));
    }

    /// The client information response (RFC 7591 §3.2.1, RFC 7592 §3). A secret is shown only when it was made
    /// now.
    private byte[] json(Registrations.Registered registered) {
        var client = registered.client();
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("client_id", client.id());
        json.put("client_id_issued_at", client.createdAt().getEpochSecond());
        if (registered.secret() != null) {
            json.put("client_secret", registered.secret().reveal());
        }
        if (client.secret() != null) {
            json.put("client_secret_expires_at", 0); // it does not
        }
        json.put("registration_client_uri", endpoint + "/" + client.id());
        json.put("registration_access_token", registered.registrationToken().reveal());
        json.putAll(client.metadata());
        json.put("application_type", client.client().metadata().applicationType());
        return Json.write(json);
    }

    private static Secret token(HttpRequest<?> request) {
        return bearer(request).map(Secret::of).orElseThrow(RegistrationRefused::unauthorized);
    }

    private static Optional<String> bearer(HttpRequest<?> request) {
        var headers = request.getHeaders().getAll("Authorization");
        return headers.size() == 1 && headers.getFirst().regionMatches(true, 0, "Bearer ", 0, 7)
                ? Optional.of(headers.getFirst().substring(7).strip()).filter(token -> !token.isEmpty())
                : Optional.empty();
    }
}
