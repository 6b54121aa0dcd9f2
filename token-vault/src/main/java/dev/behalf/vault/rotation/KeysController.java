package dev.behalf.vault.rotation;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.crypto.KeyRing;
import dev.behalf.vault.secret.WrappedKeys;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// `/api/v1/vault/keys`: the key-encryption keys, for operators: what each holds, exchanging them, removing old
/// ones.
@Controller("/api/v1/vault/keys")
final class KeysController {

    private final Rotations rotations;
    private final WrappedKeys wrapped;
    private final KeyRing keys;

    KeysController(Rotations rotations, WrappedKeys wrapped, KeyRing keys) {
        this.rotations = rotations;
        this.wrapped = wrapped;
        this.keys = keys;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.VAULT_KEYS_READ)
    Mono<byte[]> list() {
        return Mono.zip(keys.currentKeyId(), keys.keyIds(), wrapped.countByKey())
                .flatMap(state -> {
                    var ids = new TreeSet<>(state.getT2());
                    ids.addAll(state.getT3().keySet());
                    return Flux.fromIterable(ids)
                            .concatMap(id -> keys.has(id)
                                    .map(readable -> Map.<String, Object>of(
                                            "id",
                                            id,
                                            "current",
                                            id.equals(state.getT1()),
                                            "readable",
                                            readable,
                                            "secrets",
                                            state.getT3().getOrDefault(id, 0L))))
                            .collectList();
                })
                .map(all -> Json.write(Map.of("keys", all)));
    }

    /// A key that holds nothing any more is removed for good.
    @Delete("/{id}")
    @RequiresScope(Scope.VAULT_KEYS_WRITE)
    Mono<HttpResponse<Void>> remove(Caller caller, @PathVariable String id) {
        return rotations.remove(id, who(caller)).thenReturn(HttpResponse.noContent());
    }

    /// Begins one; it goes on by itself.
    @Post(value = "/rotations", produces = "application/json")
    @RequiresScope(Scope.VAULT_KEYS_WRITE)
    Mono<HttpResponse<byte[]>> begin(HttpHeaders headers, Caller caller, @Body byte @Nullable [] body) {
        return rotations
                .begin(newKey(JsonBody.read(headers, body)), who(caller))
                .map(rotation -> HttpResponse.accepted()
                        .header("Location", "/api/v1/vault/keys/rotations/" + rotation.id())
                        .body(Json.write(rotation.toJson())));
    }

    @Get(value = "/rotations", produces = "application/json")
    @RequiresScope(Scope.VAULT_KEYS_READ)
    Mono<byte[]> rotations() {
        return rotations.latest().map(Rotation::toJson).collectList().map(all -> Json.write(Map.of("rotations", all)));
    }

    @Get(value = "/rotations/{id}", produces = "application/json")
    @RequiresScope(Scope.VAULT_KEYS_READ)
    Mono<byte[]> rotation(@PathVariable String id) {
        return uuid(id).flatMap(rotations::find)
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no rotation of that id")))
                .map(rotation -> Json.write(rotation.toJson()));
    }

    private static boolean newKey(Map<String, @Nullable Object> body) {
        var key = body.getOrDefault("key", "new");
        if (!"new".equals(key) && !"current".equals(key)) {
            throw ProblemException.badRequest("key must be new or current");
        }
        return "new".equals(key);
    }

    private static Mono<UUID> uuid(String text) {
        return Mono.fromSupplier(() -> UUID.fromString(text)).onErrorComplete(IllegalArgumentException.class);
    }

    private static String who(Caller caller) {
        return caller.actor() == null ? caller.subject() : caller.subject() + " through " + caller.actor();
    }
}
