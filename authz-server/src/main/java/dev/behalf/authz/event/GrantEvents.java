package dev.behalf.authz.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// Keeps what is to be told about grants in the transaction that makes it so, so that there is never one without the
/// other. It is published within a quarter of a second after the commit; the transaction should end soon after.
@Singleton
public final class GrantEvents {

    private static final String INSERT =
            "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at)";

    /// A user has granted something.
    public Mono<Void> granted(Connection connection, Granted granted) {
        return Database.update(
                        connection,
                        INSERT + " VALUES ($1, 'grant', $2, 'dev.behalf.grant.created.v1', $3, $4)",
                        statement -> statement
                                .bind(0, UUID.randomUUID())
                                .bind(1, "grant/" + granted.gid())
                                .bind(2, Json.text(json(granted)))
                                .bind(3, micros(granted.at())))
                .then();
    }

    /// From the commit on, these are refused everywhere. To revoke again what is revoked only extends it.
    ///
    /// @param reason a word for the audit, such as `user`, `reuse` or `client-disabled`; never anything secret
    public Mono<Void> revoked(Connection connection, Collection<Revocation> revocations, String reason) {
        if (revocations.isEmpty()) {
            return Mono.empty();
        }
        // One row for each key: the same key twice in one statement would be an error. The order is that of the keys,
        // so that two transactions that revoke the same wait for, and never against, each other.
        var byKey = new TreeMap<String, Revocation>();
        revocations.forEach(revocation -> byKey.merge(revocation.key(), revocation, GrantEvents::wider));
        var all = new ArrayList<>(byKey.values());
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
                                .bind(3, texts(all, GrantEvents::type))
                                .bind(4, texts(all, one -> Json.text(json(one, reason))))
                                .bind(5, instants(all, Revocation::revokedAt))
                                .bind(6, texts(all, Revocation::id))
                                .bind(7, instants(all, Revocation::until))
                                .bind(8, reason))
                .then();
    }

    private static Revocation wider(Revocation one, Revocation other) {
        return new Revocation(
                one.kind(),
                one.id(),
                one.revokedAt().isAfter(other.revokedAt()) ? one.revokedAt() : other.revokedAt(),
                one.until().isAfter(other.until()) ? one.until() : other.until());
    }

    private static String type(Revocation revocation) {
        return "dev.behalf." + revocation.kind().word() + ".revoked.v1";
    }

    private static Map<String, Object> json(Granted granted) {
        var json = new LinkedHashMap<String, Object>();
        json.put("kind", "grant");
        json.put("id", granted.gid());
        json.put("subject", granted.subject());
        json.put("clientId", granted.clientId());
        if (granted.actor() != null) {
            json.put("actor", granted.actor());
        }
        json.put("scopes", new ArrayList<>(new TreeSet<>(granted.scopes())));
        json.put("resource", granted.resource());
        json.put("grantedAt", micros(granted.at()).toString());
        return json;
    }

    private static Map<String, Object> json(Revocation revocation, String reason) {
        var json = new LinkedHashMap<String, Object>();
        json.put("kind", revocation.kind().word());
        json.put("id", revocation.id());
        json.put("revokedAt", micros(revocation.revokedAt()).toString());
        json.put("until", micros(revocation.until()).toString());
        json.put("reason", reason);
        return json;
    }

    private static String[] texts(Collection<Revocation> all, Function<Revocation, String> part) {
        return all.stream().map(part).toArray(String[]::new);
    }

    private static Instant[] instants(Collection<Revocation> all, Function<Revocation, Instant> part) {
        return all.stream().map(part).map(GrantEvents::micros).toArray(Instant[]::new);
    }

    /// What PostgreSQL keeps.
    private static Instant micros(Instant at) {
        return at.truncatedTo(ChronoUnit.MICROS);
    }
}
