package dev.behalf.authz.key;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/api/v1/keys`: the signing keys, for operators: which there are, and new ones before their time.
@Controller("/api/v1/keys")
final class KeysController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    private final SigningKeys keys;

    KeysController(SigningKeys keys) {
        this.keys = keys;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.KEYS_READ)
    Mono<byte[]> list() {
        return keys.describe().map(Json::write);
    }

    /// Makes a new key for each algorithm. They sign once every verifier has had time to read them.
    @Post(value = "/rotate", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.KEYS_WRITE)
    Mono<HttpResponse<byte[]>> rotate(Caller caller) {
        return keys.rotate()
                .doOnSuccess(_ -> audit.info("signing keys rotated by {}", caller.subject()))
                .then(keys.describe())
                .map(all -> HttpResponse.created(Json.write(all)));
    }
}
