package dev.behalf.vault.crypto.gcpkms;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.KeysUnavailable;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The access token of the service account: from a file, or from the metadata server, which is asked again a
/// minute before the token ends.
final class AccessTokens {

    private static final Duration MARGIN = Duration.ofMinutes(1);
    private static final int MAX_RESPONSE_BYTES = 16 * 1024;

    private record Held(Secret token, Instant expiresAt) {}

    private final GcpKmsSettings settings;
    private final Clock clock;
    private final HttpCaller http;
    private volatile @Nullable Held last;

    AccessTokens(GcpKmsSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.http = HttpCaller.trusted("gcp-metadata", settings.answerWithin(), MAX_RESPONSE_BYTES);
    }

    Mono<Secret> token() {
        return Mono.defer(() -> {
            var file = settings.tokenFile();
            if (file != null) {
                return Mono.fromCallable(() -> Secret.read(file))
                        .subscribeOn(Schedulers.boundedElastic())
                        .onErrorMap(_ -> new KeysUnavailable("the token file of Google Cloud cannot be read"));
            }
            var held = last;
            return held != null && clock.instant().isBefore(held.expiresAt.minus(MARGIN))
                    ? Mono.just(held.token)
                    : ask();
        });
    }

    private Mono<Secret> ask() {
        var uri = URI.create(settings.metadata() + "/computeMetadata/v1/instance/service-accounts/default/token");
        return http.get(uri, Map.of("Metadata-Flavor", "Google"))
                .map(this::read)
                .doOnNext(held -> last = held)
                .map(Held::token)
                .onErrorMap(
                        HttpCallFailed.class,
                        fault -> new KeysUnavailable("the metadata server: " + fault.getMessage()));
    }

    private Held read(HttpReply reply) {
        if (reply.status() == 200) {
            var json = reply.json();
            if (json.get("access_token") instanceof String token
                    && !token.isEmpty()
                    && json.get("expires_in") instanceof Long seconds) {
                return new Held(Secret.of(token), clock.instant().plusSeconds(Math.clamp(seconds, 0, 86_400)));
            }
        }
        throw new KeysUnavailable("the metadata server answered " + reply.status());
    }
}
