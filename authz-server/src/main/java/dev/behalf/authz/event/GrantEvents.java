package dev.behalf.authz.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbox.Outbox;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Keeps what is to be told about grants in the transaction that makes it so, so that there is never one without
/// the other. It is published a moment after the commit: the transaction should end soon.
@Singleton
public final class GrantEvents {

    private static final String INSERT =
            "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at)";

    /// When the relay looks after what was kept: most transactions have ended by then. Those that have not wait
    /// for its next look, half a second later at most.
    private static final Duration LOOK_AFTER = Duration.ofMillis(20);

    private final Outbox outbox;

    GrantEvents(Outbox outbox) {
        this.outbox = outbox;
    }

    /// A user has granted something.
    public Mono<Void> granted(Connection connection, Granted granted) {
        return Database.update(
                        connection,
                        INSERT + " VALUES ($1, 'grant', $2, 'dev.behalf.grant.created.v1', $3, $4)",
                        statement -> statement
                                .bind(0, UUID.randomUUID())
                                .bind(1, "grant/" + granted.gid())
                                .bind(2, Json.text(granted.json()))
                                .bind(3, granted.at()))
                .doOnNext(_ -> announce())
                .then();
    }

    /// From the commit on, these are refused everywhere. To revoke again what is revoked only extends it.
    ///
    /// @param reason a word for the audit, such as `user`, `reuse` or `client-disabled`; never anything secret
    public Mono<Void> revoked(Connection connection, Collection<Revocation> revocations, String reason) {
        if (revocations.isEmpty()) {
            return Mono.empty();
        }
        // One row for each key: the same key twice in one statement would be an error.
        var byKey = new TreeMap<String, Revocation>();
        revocations.forEach(revocation -> byKey.merge(revocation.key(), revocation, GrantEvents::wider));
        var all = new ArrayList<>(byKey.values());
        // In the order of the keys: two transactions that revoke the same then wait for, and never against, each other.
        return Database.update(
                        connection,
                        "WITH told AS (" + INSERT
                                + " SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],"
                                + " $6::timestamptz[]) RETURNING revision, aggregateid)"
                                + " INSERT INTO revocation AS r (kind, id, revision, revoked_at, until, reason)"
                                + " SELECT n.kind, n.id, told.revision, n.revoked_at, n.until, $9"
                                + " FROM unnest($2::text[], $7::text[], $3::text[], $6::timestamptz[],"
                                + " $8::timestamptz[]) AS n (kind, id, key, revoked_at, until)"
                                + " JOIN told ON told.aggregateid = n.key ORDER BY n.key"
                                + " ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision,"
                                + " revoked_at = greatest(r.revoked_at, excluded.revoked_at),"
                                + " until = greatest(r.until, excluded.until), reason = excluded.reason",
                        statement -> statement
                                .bind(
                                        0,
                                        all.stream().map(_ -> UUID.randomUUID()).toArray(UUID[]::new))
                                .bind(1, texts(all, one -> one.kind().word()))
                                .bind(2, texts(all, Revocation::key))
                                .bind(3, texts(all, Revocation::type))
                                .bind(4, texts(all, one -> Json.text(one.json(reason))))
                                .bind(5, instants(all, Revocation::revokedAt))
                                .bind(6, texts(all, Revocation::id))
                                .bind(7, instants(all, Revocation::until))
                                .bind(8, reason))
                .doOnNext(_ -> announce())
                .then();
    }

    private void announce() {
        var _ = Schedulers.parallel().schedule(outbox::committed, LOOK_AFTER.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Revocation wider(Revocation one, Revocation other) {
        return new Revocation(
                one.kind(),
                one.id(),
                one.revokedAt().isAfter(other.revokedAt()) ? one.revokedAt() : other.revokedAt(),
                one.until().isAfter(other.until()) ? one.until() : other.until());
    }

    private static String[] texts(Collection<Revocation> all, Function<Revocation, String> part) {
        return all.stream().map(part).toArray(String[]::new);
    }

    private static Instant[] instants(Collection<Revocation> all, Function<Revocation, Instant> part) {
        return all.stream().map(part).toArray(Instant[]::new);
    }
}
