package dev.behalf.vault.secret;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.Envelope;
import dev.behalf.vault.crypto.Envelopes;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.crypto.WrappedKey;
import io.micronaut.context.BeanProvider;
import io.micronaut.http.HttpStatus;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// Keeps secrets, each encrypted with a data key of its own. The keys are asked before and after a transaction,
/// never inside one: [#seal] first, then [#write] in the transaction that also writes what the secret belongs
/// to. The other methods do both by themselves.
///
/// All fail with 503 when the keys or the database are away; opening fails with [NotDecryptable], once
/// [DamageReport] knows, when a stored value is not what was stored.
@Singleton
public final class SealedSecrets {

    private static final int MAX_TRIES = 5;
    private static final String PLACE = "tenant = $1 AND owner = $2 AND record = $3 AND field = $4";

    private final Database database;
    private final Envelopes envelopes;
    private final BeanProvider<DamageReport> damage;
    private final Clock clock;
    private final Set<String> registered = ConcurrentHashMap.newKeySet();

    /// @param envelope fails with [NotDecryptable] when what is stored cannot be one
    private record Row(long version, Supplier<Envelope> envelope) {
        static Row read(Readable row) {
            var keyId = Objects.requireNonNull(row.get("kek_id", String.class));
            var wrapped = Objects.requireNonNull(row.get("wrapped_dek", byte[].class));
            var value = Objects.requireNonNull(row.get("sealed", byte[].class));
            return new Row(
                    Objects.requireNonNull(row.get("version", Long.class)),
                    () -> new Envelope(new WrappedKey(keyId, wrapped), value));
        }
    }

    SealedSecrets(Database database, Envelopes envelopes, BeanProvider<DamageReport> damage, Clock clock) {
        this.database = database;
        this.envelopes = envelopes;
        this.damage = damage;
        this.clock = clock;
    }

    /// The secret in that place, or nothing when there is none.
    public Mono<OpenedSecret> get(SecretLabel label) {
        return database.query(
                        "SELECT version, kek_id, wrapped_dek, sealed FROM sealed_secret WHERE " + PLACE,
                        statement -> bind(statement, label),
                        Row::read)
                .singleOrEmpty()
                .flatMap(row -> Mono.defer(() -> envelopes.open(row.envelope.get(), label.at(row.version)))
                        .map(plaintext -> new OpenedSecret(secret(plaintext), row.version)))
                .onErrorResume(
                        NotDecryptable.class,
                        fault -> Mono.fromSupplier(damage::get)
                                .flatMap(report -> report.undecryptable(label, fault.reason()))
                                .then(Mono.error(fault)));
    }

    /// The version of the secret in that place, without opening it; 0 when there is none.
    public Mono<Long> version(SecretLabel label) {
        return database.query(
                        "SELECT version FROM sealed_secret WHERE " + PLACE,
                        statement -> bind(statement, label),
                        row -> Objects.requireNonNull(row.get("version", Long.class)))
                .singleOrEmpty()
                .defaultIfEmpty(0L);
    }

    /// Stores the secret in that place, whatever was there, and emits its version.
    public Mono<Long> put(SecretLabel label, Secret value) {
        return version(label)
                .flatMap(seen -> replace(label, seen, value))
                .repeatWhenEmpty(MAX_TRIES, tries -> tries)
                .onErrorMap(
                        IllegalStateException.class,
                        _ -> new ProblemException(HttpStatus.CONFLICT, "the secret is being changed by others"));
    }

    /// Stores the secret if the one in that place still has the version that was seen (0: there was none), and
    /// emits the new version, or nothing when somebody else was first.
    public Mono<Long> replace(SecretLabel label, long seen, Secret value) {
        return seal(label, seen + 1, value)
                .flatMap(secret -> database.transaction(connection -> write(connection, secret)))
                .filter(written -> written)
                .map(_ -> seen + 1);
    }

    /// Encrypts, and stores nothing.
    ///
    /// @param version that it will have: one more than the one it replaces, 1 for the first
    public Mono<SealedSecret> seal(SecretLabel label, long version, Secret value) {
        return Mono.defer(() -> {
                    var plaintext = value.reveal().getBytes(StandardCharsets.UTF_8);
                    return envelopes
                            .seal(plaintext, label.at(version))
                            .doFinally(_ -> Arrays.fill(plaintext, (byte) 0));
                })
                .flatMap(envelope ->
                        register(envelope.key().keyId()).thenReturn(new SealedSecret(label, version, envelope)));
    }

    /// Stores it in the caller's transaction, if the one in its place has the version before its own (for
    /// version 1: if there is none), and emits whether it did.
    public Mono<Boolean> write(Connection connection, SealedSecret secret) {
        var key = secret.envelope().key();
        return Database.query(
                        connection,
                        // The lock keeps the key from being removed while anything is wrapped by it
                        "WITH usable AS (SELECT id FROM key_encryption_key WHERE id = $6 AND removed_at IS NULL"
                                + " FOR KEY SHARE), written AS (INSERT INTO sealed_secret"
                                + " (tenant, owner, record, field, version, kek_id, wrapped_dek, sealed, changed_at)"
                                + " SELECT $1, $2, $3, $4, $5, usable.id, $7, $8, $9 FROM usable WHERE $5 = 1 OR EXISTS"
                                + " (SELECT 1 FROM sealed_secret WHERE " + PLACE + ")"
                                + " ON CONFLICT (tenant, owner, record, field) DO UPDATE SET version = excluded.version,"
                                + " kek_id = excluded.kek_id, wrapped_dek = excluded.wrapped_dek,"
                                + " sealed = excluded.sealed, changed_at = excluded.changed_at"
                                + " WHERE sealed_secret.version = excluded.version - 1 RETURNING 1)"
                                + " SELECT (SELECT count(*) FROM usable) AS usable,"
                                + " (SELECT count(*) FROM written) AS written",
                        statement -> bind(statement, secret.label())
                                .bind(4, secret.version())
                                .bind(5, key.keyId())
                                .bind(6, key.bytes())
                                .bind(7, secret.envelope().value())
                                .bind(8, clock.instant()),
                        row -> {
                            if (number(row, "usable") == 0) {
                                throw new KeysUnavailable("the key " + key.keyId() + " was removed meanwhile");
                            }
                            return number(row, "written") == 1;
                        })
                .single();
    }

    /// Destroys the secret in that place with its data key, and emits whether there was one.
    public Mono<Boolean> shred(SecretLabel label) {
        return database.update("DELETE FROM sealed_secret WHERE " + PLACE, statement -> bind(statement, label))
                .map(rows -> rows > 0);
    }

    /// Destroys all secrets of a record in the caller's transaction, and emits how many there were.
    public Mono<Long> shredRecord(Connection connection, String tenant, String owner, String record) {
        return Database.update(
                connection,
                "DELETE FROM sealed_secret WHERE tenant = $1 AND owner = $2 AND record = $3",
                statement -> statement.bind(0, tenant).bind(1, owner).bind(2, record));
    }

    /// Destroys all secrets of those records of an owner that begin so, and emits how many there were.
    public Mono<Long> shredRecords(String tenant, String owner, String prefix) {
        return database.update(
                "DELETE FROM sealed_secret WHERE tenant = $1 AND owner = $2 AND starts_with(record, $3)",
                statement -> statement.bind(0, tenant).bind(1, owner).bind(2, prefix));
    }

    /// Destroys all secrets of an owner in the caller's transaction, and emits how many there were.
    public Mono<Long> shredOwner(Connection connection, String tenant, String owner) {
        return Database.update(
                connection,
                "DELETE FROM sealed_secret WHERE tenant = $1 AND owner = $2",
                statement -> statement.bind(0, tenant).bind(1, owner));
    }

    private Mono<Void> register(String keyId) {
        return Mono.defer(() -> registered.contains(keyId)
                ? Mono.empty()
                : database.update(
                                "INSERT INTO key_encryption_key (id, first_used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                                statement -> statement.bind(0, keyId).bind(1, clock.instant()))
                        .doOnNext(_ -> registered.add(keyId))
                        .then());
    }

    private static Statement bind(Statement statement, SecretLabel label) {
        return statement
                .bind(0, label.tenant())
                .bind(1, label.owner())
                .bind(2, label.record())
                .bind(3, label.field());
    }

    private static long number(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Long.class));
    }

    private static Secret secret(byte[] plaintext) {
        try {
            return Secret.of(new String(plaintext, StandardCharsets.UTF_8));
        } finally {
            Arrays.fill(plaintext, (byte) 0);
        }
    }
}
