package dev.behalf.authz.key;

import dev.behalf.kernel.jose.EcSigningKey;
import dev.behalf.kernel.jose.KeySet;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// The signing keys of all replicas, as one sees them. The life of a key: made and published; after `publishBefore`
/// it signs; `rotateEvery` later the next one is made, which takes over after its own `publishBefore`; `keepFor`
/// after that the old one is deleted.
///
/// The keys read last serve on while the database is away.
@Context
public final class SigningKeys implements AccessTokenKeys {

    private static final Logger log = LoggerFactory.getLogger(SigningKeys.class);
    private static final Duration REFRESH_EVERY = Duration.ofSeconds(15);

    /// What was read last: the rows, the newest first, and their public keys to verify with.
    private record Read(List<SigningKeyTable.Row> rows, KeySet keys) {
        static Read of(List<SigningKeyTable.Row> rows) {
            return new Read(rows, KeySet.parse(jwks(rows)));
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
                            .flatMap(all -> withNewest(connection, all, now)))
                    .doOnNext(rows -> last = Read.of(rows))
                    .then();
        });
    }

    /// The key that signs now. Fails with a 503 while none has been read yet, as all below.
    public Mono<EcSigningKey> current() {
        return read().map(read -> {
            var publishedBy = clock.instant().minus(settings.publishBefore());
            return read.rows.stream()
                    .filter(row -> !row.createdAt().isAfter(publishedBy))
                    .findFirst()
                    .orElse(read.rows.getLast()) // the very first key signs at once: there is no other
                    .key();
        });
    }

    /// The key set to publish (RFC 7517 §5), the newest key first.
    public Mono<byte[]> jwks() {
        return read().map(read -> jwks(read.rows));
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

    private static byte[] jwks(List<SigningKeyTable.Row> rows) {
        return Json.write(
                Map.of("keys", rows.stream().map(row -> row.key().toPublicJwk()).toList()));
    }
}
