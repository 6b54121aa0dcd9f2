package dev.behalf.authz.key;

import dev.behalf.kernel.access.Unprotected;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import reactor.core.publisher.Mono;

/// `/jwks`: the public keys that our tokens can be checked with (RFC 7517 §5). Plain requests for it are
/// answered by [KeySetHandler].
@Controller
final class JwksController {

    static final String CACHE_CONTROL = "public, max-age=60";

    private final SigningKeys keys;

    JwksController(SigningKeys keys) {
        this.keys = keys;
    }

    @Get(value = "/jwks", produces = "application/json")
    @Unprotected("public keys are for everybody")
    Mono<HttpResponse<byte[]>> jwks() {
        return keys.jwks().map(body -> HttpResponse.ok(body).header("Cache-Control", CACHE_CONTROL));
    }
}
