package dev.behalf.kernel.oauth;

import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Secondary;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Reads the authorization server's `/jwks`: again after [#FRESH], or at once for a key id that is not known. Reads
/// never overlap, and whatever comes of one, the next is not before [#COOL_DOWN] is over, so that neither a flood of
/// made-up key ids nor a server that fails is answered with a flood of reads. While the server is away, the keys read
/// last go on serving for [#STALE]: as long as a token of theirs can live.
@Singleton
@Secondary
@Requires(property = "behalf.oauth.server")
final class RemoteAccessTokenKeys implements AccessTokenKeys {

    private static final Duration FRESH = Duration.ofMinutes(5);
    private static final Duration STALE = Duration.ofHours(1);
    private static final Duration COOL_DOWN = Duration.ofSeconds(2);

    private record Keys(KeySet set, Instant readAt) {}

    /// One read: its outcome, which stays for those who come during the cool-down, and when that was there.
    private static final class Attempt {
        private final Mono<Keys> outcome;
        private volatile @Nullable Instant endedAt;

        Attempt(Mono<Keys> read, Clock clock) {
            this.outcome = read.doOnTerminate(() -> endedAt = clock.instant()).cache();
        }

        boolean isOverBy(Instant instant) {
            var ended = endedAt;
            return ended != null && !ended.isAfter(instant);
        }
    }

    private final HttpCaller http = HttpCaller.trusted("authz-jwks", Duration.ofSeconds(3), 64 * 1024);
    private final URI uri;
    private final Clock clock;
    private volatile @Nullable Keys last;
    private @Nullable Attempt attempt;

    RemoteAccessTokenKeys(OAuthSettings settings, Clock clock) {
        this.uri = URI.create(settings.server() + "/jwks");
        this.clock = clock;
    }

    @Override
    public Mono<KeySet> forKeyId(String keyId) {
        return Mono.defer(() -> {
            var known = last;
            if (known != null && known.set.mayHold(keyId) && clock.instant().isBefore(known.readAt.plus(FRESH))) {
                return Mono.just(known.set);
            }
            return read().onErrorResume(_ -> known != null && clock.instant().isBefore(known.readAt.plus(STALE))
                            ? Mono.just(known)
                            : Mono.error(() ->
                                    ProblemException.unavailable("the authorization server cannot be reached", 2)))
                    .map(Keys::set);
        });
    }

    /// The read under way or, while the cool-down lasts, the outcome of the last; else of a new one.
    private synchronized Mono<Keys> read() {
        if (attempt == null || attempt.isOverBy(clock.instant().minus(COOL_DOWN))) {
            attempt = new Attempt(http.get(uri, Map.of()).map(this::parse).doOnNext(keys -> last = keys), clock);
        }
        return attempt.outcome;
    }

    private Keys parse(HttpReply reply) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the authorization server answered " + reply.status());
        }
        try {
            var set = KeySet.parse(reply.body());
            if (set.size() == 0) {
                throw new HttpCallFailed("the authorization server's key set is empty");
            }
            return new Keys(set, clock.instant());
        } catch (InvalidJwt e) {
            throw new HttpCallFailed("the authorization server's key set cannot be read: " + e.getMessage());
        }
    }
}
