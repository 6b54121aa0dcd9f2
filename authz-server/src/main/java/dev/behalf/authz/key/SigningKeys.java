package dev.behalf.authz.key;

import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.json.Json;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The signing keys of all replicas, as one sees them, of each algorithm that we sign with. The life of a key:
/// made and published; after `publishBefore` it signs; `rotateEvery` later the next one is made, which takes
/// over after its own `publishBefore`; `keepFor` after that the old one is deleted.
///
/// The keys read last serve on while the database is away.
@Context
public final class SigningKeys implements AccessTokenKeys {

    private static final Logger log = LoggerFactory.getLogger(SigningKeys.class);
    private static final Duration REFRESH_EVERY = Duration.ofSeconds(15);

    /// What was read last: the rows, the newest first, their public keys as published, and to verify with.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Read(List<SigningKeyTable.Row> rows, byte[] jwks, KeySet keys) {
        static Read of(List<SigningKeyTable.Row> rows) {
            var jwks = SigningKeys.jwks(rows);
            return new Read(rows, jwks, KeySet.parse(jwks));
        }
    }

    private final SigningKeyTable table;
    private final KeySettings settings;
    private final Clock clock;
    private volatile @Nullable Read last;
    private @Nullable Disposable refreshing;

    SigningKeys(SigningKeyTable table, KeySettings settings, Clock clock) {
        this.table = table;
        this.settings = settings;
        this.clock = clock;
    }

    /// Reads the keys, so that a service which is up has them, and from then on keeps them up to date.
    ///
    /// @throws IllegalStateException when the keys in the database cannot be opened
    @PostConstruct
    void start() {
        readNow();
        refreshing = Mono.defer(() -> Mono.delay(last == null ? Duration.ofSeconds(1) : REFRESH_EVERY))
                .then(Mono.defer(this::refresh))
                .onErrorResume(fault -> {
                    log.warn("The signing keys were not read: {}", fault.getMessage());
                    return Mono.empty();
                })
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
            var tookOver = now.minus(settings.publishBefore()).minus(settings.keepFor());
            return table.exclusively(connection -> table.deleteSucceededBy(connection, tookOver)
                            .then(table.all(connection))
                            .flatMap(all -> withNewest(connection, all, now, settings.rotateEvery())))
                    .doOnNext(rows -> last = Read.of(rows))
                    .then();
        });
    }

    /// Makes a new key for each algorithm now, whatever the age of the newest; it signs after `publishBefore`.
    /// Emits nothing. When somebody did so less than `publishBefore` ago, that stands.
    public Mono<Void> rotate() {
        return Mono.defer(() -> {
            var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
            return table.exclusively(connection -> table.all(connection)
                            .flatMap(all -> withNewest(connection, all, now, settings.publishBefore())))
                    .doOnNext(rows -> last = Read.of(rows))
                    .then();
        });
    }

    /// Which keys there are, the newest first, without anything secret.
    Mono<List<Map<String, Object>>> describe() {
        return read().map(read -> read.rows.stream()
                .map(row -> {
                    boolean signs = row.equals(signer(row.key().algorithm(), read));
                    return Map.<String, Object>of(
                            "kid", row.key().id(),
                            "alg", row.key().algorithm().name(),
                            "createdAt", row.createdAt().toString(),
                            "signs", signs);
                })
                .toList());
    }

    /// The key that signs access tokens now. Fails with a 503 while none has been read yet, as all below.
    public Mono<SigningKey> current() {
        return current(JwsAlgorithm.ES256);
    }

    /// The key that signs with that algorithm now.
    ///
    /// @param algorithm one of [SigningKey#ALGORITHMS]
    public Mono<SigningKey> current(JwsAlgorithm algorithm) {
        return read().map(read -> signer(algorithm, read).key());
    }

    private SigningKeyTable.Row signer(JwsAlgorithm algorithm, Read read) {
        var rows = of(algorithm, read.rows).toList();
        var publishedBy = clock.instant().minus(settings.publishBefore());
        return rows.stream()
                .filter(row -> !row.createdAt().isAfter(publishedBy))
                .findFirst()
                .orElse(rows.getLast()); // the very first key signs at once: there is no other
    }

    /// The key set to publish (RFC 7517 §5), the newest key first.
    public Mono<byte[]> jwks() {
        return read().map(Read::jwks);
    }

    /// The same at once, or null while none has been read yet.
    byte @Nullable [] published() {
        var read = last;
        return read == null ? null : read.jwks;
    }

    @Override
    public Mono<KeySet> forKeyId(String keyId) {
        return read().map(Read::keys);
    }

    private Mono<Read> read() {
        return Mono.defer(() -> {
            var read = last;
            return read != null
                    ? Mono.just(read)
                    : Mono.error(() -> ProblemException.unavailable("the signing keys have not been read yet", 2));
        });
    }

    /// That the database is away is no reason not to start; anything else does not mend itself.
    private void readNow() {
        try {
            refresh().toFuture().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case ProblemException away -> log.warn("The signing keys were not read: {}", away.getMessage());
                case RuntimeException defect -> throw defect;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the signing keys were read");
        }
    }

    private Mono<List<SigningKeyTable.Row>> withNewest(
            Connection connection, List<SigningKeyTable.Row> all, Instant now, Duration maxAge) {
        return Flux.fromIterable(SigningKey.ALGORITHMS)
                .filter(algorithm -> of(algorithm, all)
                        .noneMatch(row -> row.createdAt().plus(maxAge).isAfter(now)))
                .concatMap(algorithm -> Mono.fromSupplier(() -> SigningKey.generate(algorithm))
                        .subscribeOn(Schedulers.boundedElastic())) // one for RS256 takes long
                .concatMap(key -> table.insert(connection, new SigningKeyTable.Row(key, now)))
                .doOnNext(row -> log.info("Made the signing key {}", row.key()))
                .collectList()
                .map(made -> Stream.concat(made.stream(), all.stream()).toList());
    }

    private static Stream<SigningKeyTable.Row> of(JwsAlgorithm algorithm, List<SigningKeyTable.Row> rows) {
        return rows.stream().filter(row -> row.key().algorithm() == algorithm);
    }

    private static byte[] jwks(List<SigningKeyTable.Row> rows) {
        return Json.write(
                Map.of("keys", rows.stream().map(row -> row.key().toPublicJwk()).toList()));
    }
}
