package dev.behalf.vault.audit;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The tables `audit_entry` and `audit_head`.
@Singleton
final class AuditTable {

    private static final String COLUMNS =
            "sequence, at, action, outcome, subject, agent, provider, connection, purpose,"
                    + " scopes, token_digest, request_id, detail";

    /// The end of the chain.
    record Head(long sequence, Sha256 hash) {}

    /// An entry and the hash that is stored with it, in hexadecimal digits: 64, unless somebody changed it.
    record Link(AuditEntry entry, String hash) {}

    private final Database database;

    AuditTable(Database database) {
        this.database = database;
    }

    /// Appends them in that order, all or none.
    Mono<Void> append(List<AuditEntry> entries) {
        return database.transaction(connection -> head(connection, " FOR UPDATE")
                        .flatMap(head -> {
                            var rows = new ArrayList<Map<String, Object>>();
                            var end = head;
                            for (var entry : entries) {
                                var next = entry.at(end.sequence + 1);
                                end = new Head(next.sequence(), next.hash(end.hash));
                                rows.add(row(next, end.hash));
                            }
                            return insert(connection, rows)
                                    .then(setHead(connection, end))
                                    .thenReturn(true);
                        }))
                .then();
    }

    Mono<Head> head() {
        return database.transaction(connection -> head(connection, ""));
    }

    /// The next links after that one.
    Mono<List<Link>> links(long after, long through, int limit) {
        return database.query(
                        "SELECT " + COLUMNS
                                + ", encode(hash, 'hex') AS hash FROM audit_entry WHERE sequence > $1 AND sequence <= $2"
                                + " ORDER BY sequence LIMIT $3",
                        statement -> statement.bind(0, after).bind(1, through).bind(2, limit),
                        row -> new Link(read(row), Objects.requireNonNull(row.get("hash", String.class))))
                .collectList();
    }

    Mono<Link> link(long sequence) {
        return links(sequence - 1, sequence, 1).flatMapIterable(all -> all).singleOrEmpty();
    }

    /// In the order of their sequence.
    Flux<AuditEntry> list(AuditFilter filter, long after, int limit) {
        return select(filter, "sequence > $4 ORDER BY sequence", after, limit);
    }

    /// The latest first.
    Flux<AuditEntry> latest(AuditFilter filter, long before, int limit) {
        return select(filter, "sequence < $4 ORDER BY sequence DESC", before, limit);
    }

    private Flux<AuditEntry> select(AuditFilter filter, String where, long bound, int limit) {
        return database.query(
                "SELECT " + COLUMNS + " FROM audit_entry WHERE ($1 = '' OR subject = $1) AND ($2 = '' OR agent = $2)"
                        + " AND ($3 = '' OR connection = $3) AND " + where + " LIMIT $5",
                statement -> statement
                        .bind(0, text(filter.subject()))
                        .bind(1, text(filter.agent()))
                        .bind(2, text(filter.connection()))
                        .bind(3, bound)
                        .bind(4, limit),
                AuditTable::read);
    }

    private static Mono<Head> head(Connection connection, String lock) {
        return Database.query(
                        connection,
                        "SELECT sequence, hash FROM audit_head" + lock,
                        statement -> statement,
                        row -> new Head(
                                Objects.requireNonNull(row.get("sequence", Long.class)),
                                Sha256.fromBytes(Objects.requireNonNull(row.get("hash", byte[].class)))))
                .single();
    }

    private static Mono<Long> setHead(Connection connection, Head head) {
        return Database.update(
                connection,
                "UPDATE audit_head SET sequence = $1, hash = $2",
                statement -> statement.bind(0, head.sequence).bind(1, head.hash.bytes()));
    }

    /// As JSON: one statement, whatever their number.
    private static Mono<Long> insert(Connection connection, List<Map<String, Object>> rows) {
        return Database.update(
                connection,
                "INSERT INTO audit_entry (" + COLUMNS + ", hash) SELECT " + COLUMNS + ", decode(hash, 'hex')"
                        + " FROM json_to_recordset($1::json) AS e (sequence bigint, at timestamptz, action text,"
                        + " outcome text, subject text, agent text, provider text, connection text, purpose text,"
                        + " scopes text, token_digest text, request_id text, detail text, hash text)",
                statement -> statement.bind(0, Json.text(rows)));
    }

    private static Map<String, Object> row(AuditEntry entry, Sha256 hash) {
        var row = entry.toJson();
        rename(row, "tokenDigest", "token_digest");
        rename(row, "requestId", "request_id");
        row.put("hash", hash.hex());
        return row;
    }

    private static void rename(Map<String, Object> row, String from, String to) {
        var value = row.remove(from);
        if (value != null) {
            row.put(to, value);
        }
    }

    private static AuditEntry read(Readable row) {
        return new AuditEntry(
                Objects.requireNonNull(row.get("sequence", Long.class)),
                Objects.requireNonNull(row.get("at", Instant.class)),
                Objects.requireNonNull(row.get("action", String.class)),
                Objects.requireNonNull(row.get("outcome", String.class)),
                row.get("subject", String.class),
                row.get("agent", String.class),
                row.get("provider", String.class),
                row.get("connection", String.class),
                row.get("purpose", String.class),
                row.get("scopes", String.class),
                row.get("token_digest", String.class),
                row.get("request_id", String.class),
                row.get("detail", String.class));
    }

    private static String text(@Nullable String filter) {
        return filter == null ? "" : filter;
    }
}
