package dev.behalf.kernel.oauth;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Secondary;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Reads the authorization server's `/jwks`: again after [#FRESH], or for an unknown key id but then at most once in
/// [#COOL_DOWN]. While the server is away, the keys read last go on serving.
@Singleton
@Secondary
@Requires(property = "behalf.oauth.server")
final class RemoteAccessTokenKeys implements AccessTokenKeys {

    private static final Duration FRESH = Duration.ofMinutes(5);
    private static final Duration COOL_DOWN = Duration.ofSeconds(2);

    private record Keys(Map<String, ECKey> byId, Instant readAt) {}

    private final HttpCaller http = HttpCaller.trusted("authz-jwks", Duration.ofSeconds(3), 64 * 1024);
    private final URI uri;
    private final Clock clock;
    private final AtomicReference<@Nullable Keys> last = new AtomicReference<>();
    private final AtomicReference<@Nullable Mono<Keys>> inFlight = new AtomicReference<>();

    RemoteAccessTokenKeys(OAuthSettings settings, Clock clock) {
        this.uri = URI.create(settings.server() + "/jwks");
        this.clock = clock;
    }

    @Override
    public Mono<ECKey> byId(String keyId) {
        return Mono.defer(() -> {
            var keys = last.get();
            var now = clock.instant();
            if (keys != null) {
                var key = keys.byId.get(keyId);
                var wait = key == null ? COOL_DOWN : FRESH;
                if (now.isBefore(keys.readAt.plus(wait))) {
                    return Mono.justOrEmpty(key);
                }
            }
            return read().onErrorResume(fault -> keys != null
                            ? Mono.just(keys)
                            : Mono.error(() ->
                                    ProblemException.unavailable("the authorization server cannot be reached", 2)))
                    .flatMap(read -> Mono.justOrEmpty(read.byId.get(keyId)));
        });
    }

    private Mono<Keys> read() {
        var mine = http.get(uri, Map.of())
                .map(reply -> parse(reply.body()))
                .doOnNext(last::set)
                .doFinally(_ -> inFlight.set(null))
                .cache();
        var running = inFlight.compareAndExchange(null, mine);
        return running == null ? mine : running;
    }

    private Keys parse(byte[] body) {
        try {
            var byId = new HashMap<String, ECKey>();
            for (var jwk :
                    JWKSet.parse(new String(body, StandardCharsets.UTF_8)).getKeys()) {
                if (jwk instanceof ECKey key && key.getKeyID() != null) {
                    byId.put(key.getKeyID(), key);
                }
            }
            return new Keys(Map.copyOf(byId), clock.instant());
        } catch (ParseException e) {
            throw new IllegalStateException("the authorization server's key set is malformed", e);
        }
    }
}
