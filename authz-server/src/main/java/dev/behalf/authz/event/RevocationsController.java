package dev.behalf.authz.event;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.time.Clock;
import java.util.Map;
import reactor.core.publisher.Mono;

/// `/internal/revocations`: all revocations in force, for services that start or have lost touch with Kafka.
@Controller
final class RevocationsController {

    private final RevocationTable table;
    private final Clock clock;

    RevocationsController(RevocationTable table, Clock clock) {
        this.table = table;
        this.clock = clock;
    }

    @Get(value = "/internal/revocations", produces = "application/json")
    @RequiresScope(Scope.REVOCATIONS_READ)
    Mono<HttpResponse<byte[]>> revocations(HttpHeaders headers) {
        return table.version().flatMap(version -> {
            var tag = "\"" + version + "\"";
            if (tag.equals(headers.get("If-None-Match"))) {
                return Mono.just(HttpResponse.<byte[]>notModified().header("ETag", tag));
            }
            return table.live(clock.instant())
                    .map(all -> Json.write(Map.of(
                            "revocations", all.stream().map(Revocation::json).toList())))
                    .map(body -> HttpResponse.ok(body).header("ETag", tag));
        });
    }
}
