package dev.behalf.authz.key;

import com.nimbusds.jose.jwk.ECKey;
import dev.behalf.kernel.jose.EcSigningKey;
import dev.behalf.kernel.oauth.AccessTokenKeys;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.context.annotation.Context;
import io.r2dbc.spi.Connection;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// The signing keys of all replicas, as one sees them. The life of a key: made and published; after `publishBefore` it
/// signs; `rotateEvery` later the next one does; `keepFor` after that it is deleted.
///
/// The keys read last serve on while the database is away.
@Context
public final class SigningKeys implements AccessTokenKeys {

    private static final Logger log = LoggerFactory.getLogger(SigningKeys.class);

    private final SigningKeyTable table;
    private final KeySettings settings;
    private final Clock clock;
    private volatile List<SigningKeyTable.Row> keys = List.of();
    private @Nullable Disposable refreshing;

    SigningKeys(SigningKeyTable table, KeySettings settings, Clock clock) {
        this.table = table;
        this.settings = settings;
        this.clock = clock;
    }

    @PostConstruct
    void start() {
        var every = settings.publishBefore().dividedBy(4).compareTo(Duration.ofMinutes(1)) < 0
                ? settings.publishBefore().dividedBy(4)
                : Duration.ofMinutes(1);
        refreshing = refresh()
                .onErrorResume(fault -> {
                    log.warn("The signing keys were not read: {}", fault.getMessage());
                    return Mono.empty();
                })
                .then(Mono.defer(() -> Mono.delay(keys.isEmpty() ? Duration.ofSeconds(1) : every)))
                .repeat()
                .subscribe(_ -> {}, fault -> log.error("Reading the signing keys ended", fault));
    }

    @PreDestroy
    void stop() {
        if (refreshing != null) {
            refreshing.dispose();
        }
    }

    /// Reads the keys, and makes or deletes one where it is time.
    public Mono<Void> refresh() {
        return Mono.defer(() -> {
            // PostgreSQL keeps microseconds: what is remembered must be what is read back.
            var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
            return table.exclusively(connection -> table.deleteCreatedBefore(connection, now.minus(lifetime()))
                            .then(table.all(connection))
                            .flatMap(all -> withNewest(connection, all, now)))
                    .doOnNext(all -> keys = all)
                    .then();
        });
    }

    /// The key that signs now, or a 503 while none has been read yet.
    public Mono<EcSigningKey> current() {
        return Mono.defer(() -> {
            var all = keys;
            if (all.isEmpty()) {
                return Mono.error(() -> ProblemException.unavailable("the signing keys have not been read yet", 2));
            }
            var publishedBy = clock.instant().minus(settings.publishBefore());
            return Mono.just(all.stream()
                    .filter(row -> !row.createdAt().isAfter(publishedBy))
                    .findFirst()
                    .orElse(all.getLast()) // the very first key signs at once: there is no other
                    .key());
        });
    }

    /// Every published key, the newest first.
    public List<EcSigningKey> published() {
        return keys.stream().map(SigningKeyTable.Row::key).toList();
    }

    @Override
    public Mono<ECKey> byId(String keyId) {
        return Mono.justOrEmpty(keys.stream()
                .map(SigningKeyTable.Row::key)
                .filter(key -> key.id().equals(keyId))
                .findFirst()
                .map(EcSigningKey::publicKey));
    }

    private Duration lifetime() {
        return settings.publishBefore().plus(settings.rotateEvery()).plus(settings.keepFor());
    }

    private Mono<List<SigningKeyTable.Row>> withNewest(
            Connection connection, List<SigningKeyTable.Row> all, Instant now) {
        if (!all.isEmpty()
                && all.getFirst().createdAt().plus(settings.rotateEvery()).isAfter(now)) {
            return Mono.just(all);
        }
        return table.insert(connection, new SigningKeyTable.Row(EcSigningKey.generate(), now))
                .doOnNext(row -> log.info("Made the signing key {}", row.key().id()))
                .map(row -> {
                    var with = new ArrayList<SigningKeyTable.Row>();
                    with.add(row);
                    with.addAll(all);
                    return List.copyOf(with);
                });
    }
}
