package dev.behalf.authz.key;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.jose.EcSigningKey;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.util.Map;

/// `/jwks`: the public keys that our tokens can be checked with (RFC 7517 §5).
@Controller
final class JwksController {

    private final SigningKeys keys;

    JwksController(SigningKeys keys) {
        this.keys = keys;
    }

    @Get(value = "/jwks", produces = "application/json")
    @Unprotected("public keys are for everybody")
    HttpResponse<byte[]> jwks() {
        var published = keys.published();
        if (published.isEmpty()) {
            throw ProblemException.unavailable("the signing keys have not been read yet", 2);
        }
        var body = Json.write(
                Map.of("keys", published.stream().map(EcSigningKey::toPublicJwk).toList()));
        return HttpResponse.ok(body).header("Cache-Control", "public, max-age=60");
    }
}
