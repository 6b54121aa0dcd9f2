package dev.behalf.authz.grant;

import dev.behalf.authz.event.GrantEvents;
import dev.behalf.authz.event.Granted;
import dev.behalf.authz.event.Revocation;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Secret;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Makes, renews and revokes grants. What is revoked is told to every gateway and vault, with all that was
/// delegated from it, by the transaction that revokes it.
@Singleton
public final class Grants {

    /// No access token lives longer: after that, a revocation concerns none.
    public static final Duration MAX_ACCESS_TOKEN_LIFETIME = Duration.ofHours(1);

    private static final String OPERATOR = "operator";
    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// A new grant and the only sight of its refresh token.
    ///
    /// @param refreshToken null when its client does not use any
    public record Begun(Grant grant, @Nullable Secret refreshToken) {}

    private final Database database;
    private final GrantTable table;
    private final ConsentTable consents;
    private final GrantEvents events;
    private final GrantSettings settings;
    private final Clock clock;

    Grants(
            Database database,
            GrantTable table,
            ConsentTable consents,
            GrantEvents events,
            GrantSettings settings,
            Clock clock) {
        this.database = database;
        this.table = table;
        this.consents = consents;
        this.events = events;
        this.settings = settings;
        this.clock = clock;
    }

    /// Begins a grant inside the caller's transaction.
    ///
    /// @param renewable whether its client gets a refresh token
    public Mono<Begun> begin(Connection connection, Grant grant, boolean renewable) {
        return Mono.defer(() -> {
            var token = renewable ? RefreshToken.first() : null;
            var inserted =
                    table.insert(connection, grant, token, earlier(now().plus(settings.idle()), grant.expiresAt()));
            var told = events.granted(
                    connection,
                    new Granted(
                            grant.gid(),
                            grant.subject(),
                            grant.username(),
                            grant.clientId(),
                            grant.actor().subject(),
                            grant.scopes(),
                            grant.resources().getFirst(),
                            grant.createdAt()));
            return Mono.when(inserted, told) // neither waits for the other's answer
                    .thenReturn(new Begun(grant, token == null ? null : Secret.of(token.text())));
        });
    }

    /// Begins a grant that is delegated from another, inside the caller's transaction, while that one is alive
    /// and has few enough. Emits nothing when it is not, or has too many.
    public Mono<Begun> delegate(Connection connection, Grant delegated) {
        var parent = Optional.ofNullable(delegated.parent()).orElseThrow();
        return table.alive(connection, parent, now())
                .flatMap(_ -> table.countDelegations(connection, parent, now()))
                .filter(count -> count < settings.maxDelegations())
                .flatMap(_ -> begin(connection, delegated, false));
    }

    /// The grant, if it is alive.
    public Mono<Grant> alive(String gid) {
        return database.transaction(connection -> table.alive(connection, gid, now()));
    }

    /// Renews a refresh token: it is replaced by its successor, once. Shown again within [GrantSettings#grace]
    /// of its use it gets the same successor, so that a client whose answer was lost or whose workers race
    /// stays linked; shown again later, it is taken for stolen and its whole family is revoked (RFC 9700
    /// §4.14.2).
    ///
    /// @param arrivedAt when the request came: one that was under way while others renewed twice is no theft
    /// @param check fails when the request asks for more than the grant has; then nothing is renewed
    public Mono<Refreshed> refresh(String shown, String clientId, Instant arrivedAt, Consumer<Grant> check) {
        var token = RefreshToken.parse(shown);
        if (token.isEmpty()) {
            return Mono.just(Refreshed.Refused.UNKNOWN);
        }
        var successor = token.get().next();
        var now = now();
        return database.transaction(connection -> table.rotate(
                        connection, token.get(), successor, clientId, now, now.plus(settings.idle()))
                .doOnNext(check)
                .<Refreshed>map(grant -> new Refreshed.Renewed(grant, Secret.of(successor.text())))
                .switchIfEmpty(Mono.defer(() -> table.family(connection, token.get())
                        .map(family -> judge(family, token.get(), clientId, arrivedAt, now))
                        .flatMap(refreshed -> refreshed == Refreshed.Refused.REUSED
                                ? revokeFamily(connection, token.get()).thenReturn(refreshed)
                                : Mono.just(refreshed))
                        .defaultIfEmpty(Refreshed.Refused.UNKNOWN))));
    }

    /// The grant that a refresh token of that client would renew now, or nothing.
    public Mono<Grant> ofRefreshToken(String shown, @Nullable String clientId) {
        return Mono.justOrEmpty(RefreshToken.parse(shown))
                .flatMap(token -> table.family(token)
                        .filter(family -> !family.revoked()
                                && token.digest().equals(family.refresh())
                                && (clientId == null
                                        || clientId.equals(family.grant().clientId()))
                                && family.refreshUntil().isAfter(now()))
                        .map(GrantTable.Family::grant));
    }

    /// Revokes the grant of a refresh token, whichever of its family is shown, if it is that client's (RFC 7009
    /// §2.1).
    public Mono<Void> revokeByRefreshToken(String shown, String clientId) {
        return Mono.justOrEmpty(RefreshToken.parse(shown))
                .flatMap(token -> table.family(token))
                .filter(family -> family.grant().clientId().equals(clientId))
                .flatMap(family -> revoke(family.grant().gid(), "client"))
                .then();
    }

    /// Revokes the grant and all that was delegated from it; emits whether it was alive.
    ///
    /// @param reason a word for the audit and the event, such as `user`
    public Mono<Boolean> revoke(String gid, String reason) {
        return database.transaction(connection -> revoke(connection, List.of(gid), reason))
                .map(count -> count > 0);
    }

    /// The same for several, inside the caller's transaction; emits how many were alive, with the delegated
    /// ones.
    public Mono<Integer> revoke(Connection connection, Collection<String> gids, String reason) {
        return Mono.defer(() -> {
            var now = now();
            return table.revoke(connection, gids, now)
                    .collectList()
                    .flatMap(roots -> withDelegations(connection, roots, now))
                    .flatMap(all -> tell(connection, all, reason, now));
        });
    }

    /// Revokes all that is alive of a subject, a client, or of that subject to that client, inside the caller's
    /// transaction.
    public Mono<Integer> revokeAll(
            Connection connection, @Nullable String subject, @Nullable String clientId, String reason) {
        if (subject == null && clientId == null) {
            throw new IllegalArgumentException("neither a subject nor a client");
        }
        return table.aliveOf(connection, subject, clientId, now())
                .collectList()
                .flatMap(gids -> revoke(connection, gids, reason));
    }

    /// Revokes the grant as an operator does: the person must say yes again before the agent gets anything new.
    Mono<Boolean> end(String gid) {
        return database.transaction(connection ->
                        consents.askAgain(connection, gid).then(revoke(connection, List.of(gid), OPERATOR)))
                .map(count -> count > 0);
    }

    /// The same for all of a subject, a client, or of that subject to that client. The consents come first:
    /// what begins by one of them meanwhile is seen among the grants.
    Mono<Integer> endAll(@Nullable String subject, @Nullable String clientId) {
        return database.transaction(connection -> consents.askAgain(connection, subject, clientId)
                .then(Mono.defer(() -> revokeAll(connection, subject, clientId, OPERATOR))));
    }

    /// Grants that are alive, the newest first.
    public Mono<List<Grant>> list(@Nullable String subject, @Nullable String clientId, int limit) {
        return table.list(subject, clientId, now(), limit).collectList();
    }

    /// Forgets what was over by then: at most so many grants and so many consents. Emits how many grants.
    public Mono<Long> sweep(Instant overBy, int atMost) {
        return consents.sweep(overBy, atMost).then(table.sweep(overBy, atMost));
    }

    private Refreshed judge(
            GrantTable.Family family, RefreshToken shown, String clientId, Instant arrivedAt, Instant now) {
        var grant = family.grant();
        var digest = shown.digest();
        if (!grant.clientId().equals(clientId)) {
            return Refreshed.Refused.OTHER_CLIENT;
        }
        if (family.revoked()) {
            return Refreshed.Refused.REVOKED;
        }
        if (!family.refreshUntil().isAfter(now)) {
            return Refreshed.Refused.EXPIRED;
        }
        if (digest.equals(family.refresh())) {
            return Refreshed.Refused.EXPIRED; // it became the newest since: what refused it was its time
        }
        var previous = family.previous();
        if (previous != null && digest.equals(previous.digest()) && isInGrace(previous, now)) {
            return renewed(grant, shown.open(previous.successor()));
        }
        var older = family.older();
        if (previous != null
                && older != null
                && digest.equals(older.digest())
                && isInGrace(older, now)
                && !arrivedAt.isAfter(previous.usedAt())) {
            return renewed(grant, shown.open(older.successor()).open(previous.successor()));
        }
        return Refreshed.Refused.REUSED;
    }

    private boolean isInGrace(GrantTable.Used token, Instant now) {
        return now.isBefore(token.usedAt().plus(settings.grace()));
    }

    private static Refreshed renewed(Grant grant, RefreshToken token) {
        return new Refreshed.Renewed(grant, Secret.of(token.text()));
    }

    private Mono<Integer> revokeFamily(Connection connection, RefreshToken token) {
        return table.family(connection, token)
                .flatMap(family -> revoke(connection, List.of(family.grant().gid()), "reuse"));
    }

    /// Level by level: what was delegated while a level was being marked is seen with the next.
    private Mono<List<String>> withDelegations(Connection connection, List<String> level, Instant now) {
        if (level.isEmpty()) {
            return Mono.just(List.of());
        }
        return table.revokeDelegations(connection, level, now)
                .collectList()
                .flatMap(next -> withDelegations(connection, next, now))
                .map(below -> {
                    var all = new ArrayList<>(level);
                    all.addAll(below);
                    return all;
                });
    }

    private Mono<Integer> tell(Connection connection, List<String> gids, String reason, Instant now) {
        var until = now.plus(MAX_ACCESS_TOKEN_LIFETIME);
        var revocations = gids.stream()
                .map(gid -> new Revocation(Revocation.Kind.GRANT, gid, now, until))
                .toList();
        return events.revoked(connection, revocations, reason).then(Mono.fromSupplier(() -> {
            gids.forEach(gid -> audit.info("grant {} revoked: {}", gid, reason));
            return gids.size();
        }));
    }

    /// PostgreSQL keeps microseconds: what is compared must be what is read back.
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
