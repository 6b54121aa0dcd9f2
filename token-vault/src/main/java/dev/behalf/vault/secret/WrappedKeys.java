package dev.behalf.vault.secret;

import dev.behalf.kernel.database.Database;
import dev.behalf.vault.crypto.WrappedKey;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import reactor.core.publisher.Mono;

/// The wrapped data keys of all secrets: what each key-encryption key still holds, and exchanging one wrapping
/// for another. Values are never touched here.
@Singleton
public final class WrappedKeys {

    /// The wrapped data key of one secret.
    ///
    /// @param id      in the order in which the secrets were first stored
    /// @param label   of the secret
    /// @param keyId   of the key-encryption key
    /// @param wrapped in hexadecimal digits
    public record Stored(long id, SecretLabel label, String keyId, String wrapped) {

        /// @throws dev.behalf.vault.crypto.NotDecryptable when what is stored cannot be one
        public WrappedKey key() {
            return new WrappedKey(keyId, HexFormat.of().parseHex(wrapped));
        }

        @Override
        public String toString() {
            return "Stored[" + id + " " + keyId + "]";
        }
    }

    /// One wrapping for another.
    public record Exchange(Stored before, WrappedKey after) {}

    private final Database database;
    private final Clock clock;

    WrappedKeys(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /// How many secrets each key-encryption key holds; those that hold none are left out.
    public Mono<Map<String, Long>> countByKey() {
        return database.query(
                        "SELECT kek_id, count(*) AS secrets FROM sealed_secret GROUP BY kek_id",
                        statement -> statement,
                        row -> Map.entry(
                                Objects.requireNonNull(row.get("kek_id", String.class)),
                                Objects.requireNonNull(row.get("secrets", Long.class))))
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    /// How many secrets other keys than that one hold.
    public Mono<Long> countNotHeldBy(String keyId) {
        return countByKey()
                .map(counts -> counts.entrySet().stream()
                        .filter(count -> !count.getKey().equals(keyId))
                        .mapToLong(Map.Entry::getValue)
                        .sum());
    }

    /// The next ones that other keys than that one hold, in the order of their ids.
    public Mono<List<Stored>> notHeldBy(String keyId, long afterId, int limit) {
        return database.query(
                        "SELECT id, tenant, owner, record, field, kek_id, encode(wrapped_dek, 'hex') AS wrapped_dek FROM sealed_secret"
                                + " WHERE id > $1 AND kek_id <> $2 ORDER BY id LIMIT $3",
                        statement -> statement.bind(0, afterId).bind(1, keyId).bind(2, limit),
                        WrappedKeys::read)
                .collectList();
    }

    /// Exchanges those that are still as they were, and emits how many: a value written meanwhile keeps its own
    /// key.
    public Mono<Long> exchange(List<Exchange> exchanges) {
        var hex = HexFormat.of();
        return exchanges.isEmpty()
                ? Mono.just(0L)
                : register(exchanges)
                        .then(database.update(
                                "WITH exchange AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])"
                                        + " AS e (id, before, kek_id, after)), usable AS (SELECT k.id FROM"
                                        + " key_encryption_key k WHERE k.removed_at IS NULL AND k.id IN"
                                        + " (SELECT kek_id FROM exchange) FOR KEY SHARE)"
                                        + " UPDATE sealed_secret SET kek_id = exchange.kek_id,"
                                        + " wrapped_dek = decode(exchange.after, 'hex') FROM exchange, usable"
                                        + " WHERE sealed_secret.id = exchange.id AND usable.id = exchange.kek_id"
                                        + " AND sealed_secret.wrapped_dek = decode(exchange.before, 'hex')",
                                statement -> statement
                                        .bind(
                                                0,
                                                exchanges.stream()
                                                        .map(exchange -> exchange.before()
                                                                .id())
                                                        .toArray(Long[]::new))
                                        .bind(
                                                1,
                                                exchanges.stream()
                                                        .map(exchange -> exchange.before()
                                                                .wrapped())
                                                        .toArray(String[]::new))
                                        .bind(
                                                2,
                                                exchanges.stream()
                                                        .map(exchange ->
                                                                exchange.after().keyId())
                                                        .toArray(String[]::new))
                                        .bind(
                                                3,
                                                exchanges.stream()
                                                        .map(exchange -> hex.formatHex(
                                                                exchange.after().bytes()))
                                                        .toArray(String[]::new))));
    }

    private Mono<Long> register(List<Exchange> exchanges) {
        return database.update(
                "INSERT INTO key_encryption_key (id, first_used_at) SELECT DISTINCT id, $2::timestamptz"
                        + " FROM unnest($1::text[]) AS k (id) ON CONFLICT DO NOTHING",
                statement -> statement
                        .bind(
                                0,
                                exchanges.stream()
                                        .map(exchange -> exchange.after().keyId())
                                        .distinct()
                                        .toArray(String[]::new))
                        .bind(1, clock.instant()));
    }

    /// Lets nothing be wrapped by that key from here on, in any replica, unless it still holds secrets; emits
    /// how many it holds.
    public Mono<Long> retire(String keyId) {
        return database.transaction(connection -> Database.update(
                        connection,
                        "INSERT INTO key_encryption_key (id, first_used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                        statement -> statement.bind(0, keyId).bind(1, clock.instant()))
                .then(Database.query(
                                connection,
                                "SELECT id FROM key_encryption_key WHERE id = $1 FOR UPDATE",
                                statement -> statement.bind(0, keyId),
                                _ -> true)
                        .then())
                // A statement of its own: it sees what those committed who held the key until now
                .then(Database.query(
                                connection,
                                "SELECT count(*) AS secrets FROM sealed_secret WHERE kek_id = $1",
                                statement -> statement.bind(0, keyId),
                                row -> Objects.requireNonNull(row.get("secrets", Long.class)))
                        .single())
                .flatMap(count -> count > 0
                        ? Mono.just(count)
                        : Database.update(
                                        connection,
                                        "UPDATE key_encryption_key SET removed_at = coalesce(removed_at, $2)"
                                                + " WHERE id = $1",
                                        statement -> statement.bind(0, keyId).bind(1, clock.instant()))
                                .thenReturn(count)));
    }

    private static Stored read(Readable row) {
        return new Stored(
                Objects.requireNonNull(row.get("id", Long.class)),
                new SecretLabel(
                        Objects.requireNonNull(row.get("tenant", String.class)),
                        Objects.requireNonNull(row.get("owner", String.class)),
                        Objects.requireNonNull(row.get("record", String.class)),
                        Objects.requireNonNull(row.get("field", String.class))),
                Objects.requireNonNull(row.get("kek_id", String.class)),
                Objects.requireNonNull(row.get("wrapped_dek", String.class)));
    }
}
