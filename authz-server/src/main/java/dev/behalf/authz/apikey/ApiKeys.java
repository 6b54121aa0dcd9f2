package dev.behalf.authz.apikey;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Makes, recognises and revokes API keys.
@Singleton
public final class ApiKeys {

    /// The most keys that there may be.
    static final int MOST = 1_000;

    /// `lastUsedAt` is written at most this often, so that using a key is not a write.
    private static final Duration USE_IS_NOTED_EVERY = Duration.ofMinutes(1);

    private static final Logger log = LoggerFactory.getLogger(ApiKeys.class);

    /// A new key and the only sight of it.
    record Created(ApiKey key, Secret token) {}

    private final ApiKeyTable table;
    private final Clock clock;

    ApiKeys(ApiKeyTable table, Clock clock) {
        this.table = table;
        this.clock = clock;
    }

    Flux<ApiKey> all() {
        return table.all();
    }

    /// Emits nothing when there are as many keys as there may be.
    Mono<Created> create(String name, Set<String> scopes, @Nullable Duration lifetime) {
        return Mono.defer(() -> {
            var token = ApiKey.generate();
            var now = now();
            var expiresAt = lifetime == null ? null : now.plus(lifetime);
            var key = new ApiKey(
                    UUID.randomUUID().toString(), name, scopes, ApiKey.PREFIX, last4(token), now, null, expiresAt);
            return table.insert(key, ApiKey.digest(token), MOST)
                    .filter(kept -> kept)
                    .map(_ -> new Created(key, token));
        });
    }

    /// Emits nothing when there is no such key; fails with 403 when it may do what its rotator may not, and with 409
    /// when it has expired: a new secret would be dead from the start.
    Mono<Created> rotate(String id, Set<String> rotatorsScopes) {
        return table.byId(id).flatMap(key -> {
            if (!rotatorsScopes.containsAll(key.scopes())) {
                return Mono.error(
                        () -> new ProblemException(HttpStatus.FORBIDDEN, "the key has a scope that its rotator lacks"));
            }
            if (!key.isGoodAt(now())) {
                return Mono.error(() -> new ProblemException(HttpStatus.CONFLICT, "the key has expired"));
            }
            var token = ApiKey.generate();
            return table.replaceDigest(id, ApiKey.digest(token), last4(token)).map(now -> new Created(now, token));
        });
    }

    Mono<ApiKey> revoke(String id) {
        return table.remove(id);
    }

    /// The key that the credential is, if it is a good one.
    public Mono<ApiKey> recognise(String credential) {
        return Mono.defer(() -> {
            if (!ApiKey.hasShape(credential)) {
                return Mono.empty();
            }
            var now = now();
            return table.byDigest(ApiKey.digest(Secret.of(credential)))
                    .filter(key -> key.isGoodAt(now))
                    .flatMap(key -> noteUse(key, now).thenReturn(key));
        });
    }

    private Mono<Long> noteUse(ApiKey key, Instant now) {
        var last = key.lastUsedAt();
        if (last != null && now.isBefore(last.plus(USE_IS_NOTED_EVERY))) {
            return Mono.empty();
        }
        return table.markUsed(key.id(), now).onErrorResume(fault -> {
            log.warn("The use of an API key was not noted: {}", fault.getMessage());
            return Mono.empty();
        });
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String last4(Secret token) {
        var text = token.reveal();
        return text.substring(text.length() - 4);
    }
}
