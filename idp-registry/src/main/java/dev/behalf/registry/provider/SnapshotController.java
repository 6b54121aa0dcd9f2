package dev.behalf.registry.provider;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.oauth.Scope;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import reactor.core.publisher.Mono;

/// `/internal/identity-providers`: the whole registry as of one revision, for replicas that start or have lost touch.
@Controller
final class SnapshotController {

    private final ProviderTable table;

    SnapshotController(ProviderTable table) {
        this.table = table;
    }

    @Get(value = "/internal/identity-providers", produces = "application/json")
    @RequiresScope(Scope.PROVIDERS_READ)
    Mono<HttpResponse<byte[]>> snapshot(HttpHeaders headers) {
        return table.revision().flatMap(revision -> {
            if (Precondition.isKnown(headers, revision)) {
                return Mono.just(HttpResponse.<byte[]>notModified().header("ETag", Precondition.entityTag(revision)));
            }
            return table.snapshot()
                    .map(snapshot -> HttpResponse.ok(snapshot.toJson())
                            .header("ETag", Precondition.entityTag(snapshot.revision())));
        });
    }
}
