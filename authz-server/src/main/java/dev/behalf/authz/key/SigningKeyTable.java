package dev.behalf.authz.key;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.secret.SealedBox;
import dev.behalf.kernel.secret.Secret;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// The `signing_key` table. Private keys are sealed for their row.
@Singleton
final class SigningKeyTable {

    /// A key and when it was made.
    record Row(SigningKey key, Instant createdAt) {}

    private final Database database;
    private final SealedBox box;

    SigningKeyTable(Database database, KeySettings settings) {
        this.database = database;
        this.box = new SealedBox(Secret.of(settings.encryptionKey()));
    }

    /// Lets one replica at a time decide on the keys: the rest of the transaction sees what the others did before.
    <T> Mono<T> exclusively(Function<Connection, Mono<T>> work) {
        return database.transaction(connection -> Database.update(
                        connection, "LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE", statement -> statement)
                .then(work.apply(connection)));
    }

    /// All keys, the newest first.
    Mono<List<Row>> all(Connection connection) {
        return Database.query(
                        connection,
                        "SELECT id, sealed, created_at FROM signing_key ORDER BY created_at DESC",
                        statement -> statement,
                        this::read)
                .collectList();
    }

    Mono<Row> insert(Connection connection, Row row) {
        var sealed = box.seal(row.key.toPrivateJwk().getBytes(StandardCharsets.UTF_8), context(row.key.id()));
        return Database.update(
                        connection,
                        "INSERT INTO signing_key (id, sealed, created_at, alg) VALUES ($1, $2, $3, $4)",
                        statement -> statement
                                .bind(0, row.key.id())
                                .bind(1, sealed)
                                .bind(2, row.createdAt)
                                .bind(3, row.key.algorithm().name()))
                .thenReturn(row);
    }

    /// Deletes the keys that have a successor, for the same algorithm, made by that instant; so the newest key of each
    /// stays, however old.
    Mono<Long> deleteSucceededBy(Connection connection, Instant instant) {
        return Database.update(
                connection,
                "DELETE FROM signing_key AS old WHERE EXISTS (SELECT 1 FROM signing_key AS newer"
                        + " WHERE newer.alg = old.alg AND newer.created_at > old.created_at AND newer.created_at <= $1)",
                statement -> statement.bind(0, instant));
    }

    private Row read(Readable row) {
        var id = Objects.requireNonNull(row.get("id", String.class));
        var jwk = open(Objects.requireNonNull(row.get("sealed", byte[].class)), id);
        return new Row(
                SigningKey.fromPrivateJwk(new String(jwk, StandardCharsets.UTF_8)),
                Objects.requireNonNull(row.get("created_at", Instant.class)));
    }

    private byte[] open(byte[] sealed, String id) {
        try {
            return box.open(sealed, context(id));
        } catch (SealedBox.CannotOpen e) {
            throw new IllegalStateException("behalf.authz.keys.encryption-key does not open the signing key " + id
                    + " of the database: it was sealed with another");
        }
    }

    private static String context(String id) {
        return "signing_key/" + id;
    }
}
