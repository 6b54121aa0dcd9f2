package dev.behalf.vault.removal;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.account.Disconnecting;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.provider.RemovedProviders;
import dev.behalf.vault.upstream.RevocationOutcome;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Ends the connections of providers that were taken away, in whichever replica has the lease, one pass through
/// all of them after the other until none is left; then the provider goes.
///
/// A token is ended at its provider first, then destroyed here: whoever is killed in between is followed by
/// another that does both, and to end a token twice does no harm (RFC 7009 §2.2). Meanwhile nobody is given it.
/// A lease on the connection keeps it from being refreshed just then, which would make another token than the
/// one that is ended.
@Context
final class RemovalWorker {

    private static final Logger log = LoggerFactory.getLogger(RemovalWorker.class);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);
    private static final UUID FIRST = new UUID(0, 0);
    private static final long NONE = -1;

    private final RemovalTable table;
    private final RemovedProviders providers;
    private final Connections connections;
    private final Disconnecting disconnecting;
    private final AuditLog audit;
    private final RemovalSettings settings;
    private final Clock clock;
    private final String owner = UUID.randomUUID().toString();
    private final Sinks.Many<Boolean> calls = Sinks.many().multicast().directBestEffort();
    private @Nullable Disposable running;

    RemovalWorker(
            RemovalTable table,
            RemovedProviders providers,
            Connections connections,
            Disconnecting disconnecting,
            AuditLog audit,
            RemovalSettings settings,
            Clock clock) {
        this.table = table;
        this.providers = providers;
        this.connections = connections;
        this.disconnecting = disconnecting;
        this.audit = audit;
        this.settings = settings;
        this.clock = clock;
    }

    @PostConstruct
    void start() {
        running = Flux.merge(
                        calls.asFlux(),
                        Flux.interval(Duration.ZERO, settings.lookEvery()).map(_ -> true))
                .onBackpressureLatest()
                .concatMap(_ -> work(), 1)
                .subscribe(_ -> {}, fault -> log.error("Removing providers ended", fault));
    }

    /// There is something to do.
    void wake() {
        // Nobody listening, or listening already, is no failure: it is looked for regularly.
        var _ = calls.tryEmitNext(true);
    }

    @PreDestroy
    void stop() {
        if (running == null || running.isDisposed()) {
            return;
        }
        running.dispose();
        try {
            var _ = table.giveBack(owner).toFuture().get(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("The lease was not given back; it runs out by itself: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Mono<Void> work() {
        return table.underWay()
                .collectList() // the database is not to wait for providers
                .flatMapIterable(all -> all)
                .concatMap(instance -> table.take(instance, owner, settings.lease())
                        .flatMap(removal -> pass(removal)
                                .onErrorResume(
                                        KeysUnavailable.class,
                                        fault -> table.obstacle(instance, fault.reason())
                                                .then()))
                        .onErrorResume(fault -> waits(instance, fault)))
                .then()
                .onErrorResume(fault -> {
                    log.warn("Providers that are to be removed wait: {}", fault.getMessage());
                    return Mono.empty();
                });
    }

    private static Mono<Void> waits(UUID instance, Throwable fault) {
        if (fault instanceof ProblemException away) {
            log.warn("The removal of the provider {} waits: {}", instance, away.getMessage());
        } else {
            log.error("The removal of the provider {} failed and is tried again", instance, fault);
        }
        return Mono.empty();
    }

    private Mono<Void> pass(Removal removal) {
        return providers
                .find(removal.instance())
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .flatMap(provider -> batch(removal, provider.orElse(null), FIRST)
                        .expand(last -> batch(removal, provider.orElse(null), last))
                        .then())
                .then(Mono.defer(() -> connections.countOfProvider(removal.instance())))
                .flatMap(left -> left == 0 ? drop(removal.instance()) : Mono.empty());
    }

    /// Emits the last that was looked at; nothing when there are no more, or when another replica has the
    /// lease.
    private Mono<UUID> batch(Removal removal, @Nullable Provider provider, UUID after) {
        return table.take(removal.instance(), owner, settings.lease())
                .flatMap(_ -> connections
                        .ofProvider(removal.instance(), after, settings.batch())
                        .collectList())
                .filter(batch -> !batch.isEmpty())
                .flatMap(batch -> Flux.fromIterable(batch)
                        .flatMap(connection -> end(removal, provider, connection), settings.parallel())
                        .then(Mono.just(batch.getLast().id())));
    }

    private Mono<Void> end(Removal removal, @Nullable Provider provider, Connection connection) {
        return held(connection)
                .flatMap(lease -> revoke(connection, provider)
                        .flatMap(outcome -> isToBeAskedAgain(removal, outcome)
                                ? table.obstacle(removal.instance(), reason(outcome))
                                        .then(released(connection, lease))
                                : end(removal, connection, outcome))
                        .onErrorResume(fault -> released(connection, lease).then(Mono.error(fault))));
    }

    /// Emits the lease; nothing while somebody refreshes it: it is looked at again later. What nobody can
    /// refresh needs none.
    private Mono<Long> held(Connection connection) {
        return connection.obstacle() != null || !connection.refreshable()
                ? Mono.just(NONE)
                : connections.lease(connection, owner, clock.instant().plus(settings.lease()));
    }

    private Mono<Void> released(Connection connection, long lease) {
        return lease == NONE
                ? Mono.empty()
                : connections.released(connection, lease, null).onErrorComplete(); // it runs out by itself
    }

    private Mono<RevocationOutcome> revoke(Connection connection, @Nullable Provider provider) {
        if (provider == null) {
            return Mono.just(new RevocationOutcome.Failed("the provider cannot be used as it is defined", false));
        }
        return disconnecting
                .toRevoke(connection)
                .flatMap(token -> token.map(secret -> disconnecting.revoke(connection, provider, secret))
                        .orElseGet(Disconnecting::notOpened));
    }

    private boolean isToBeAskedAgain(Removal removal, RevocationOutcome outcome) {
        return outcome instanceof RevocationOutcome.Failed(var _, var passing)
                && passing
                && clock.instant().isBefore(removal.begunAt().plus(settings.patience()));
    }

    private static @Nullable String reason(RevocationOutcome outcome) {
        return outcome instanceof RevocationOutcome.Failed(var reason, var _) ? reason : null;
    }

    private Mono<Void> end(Removal removal, Connection connection, RevocationOutcome outcome) {
        return audit.append(event(AuditOutcome.BEGUN, connection, outcome))
                .then(connections.end(
                        connection,
                        outcome instanceof RevocationOutcome.Revoked,
                        transaction -> table.ended(transaction, removal.instance(), outcome, settings.lease())))
                .filter(ended -> ended)
                .flatMap(_ -> audit.append(event(AuditOutcome.DONE, connection, outcome)));
    }

    private static AuditEvent event(AuditOutcome done, Connection connection, RevocationOutcome outcome) {
        return AuditEvent.of(AuditAction.DISCONNECTED, done)
                .by(connection.owner(), null)
                .on(connection.provider(), connection.id().toString())
                .scopes(connection.scopes())
                .detail("the provider is removed; there: " + outcome.word());
    }

    private Mono<Void> drop(UUID instance) {
        return table.find(instance)
                .flatMap(done -> providers
                        .drop(
                                instance,
                                transaction -> connections
                                        .countOfProvider(transaction, instance)
                                        .filter(left -> left == 0)
                                        .flatMap(_ -> table.remove(transaction, instance)))
                        .filter(dropped -> dropped)
                        .flatMap(_ -> {
                            log.info("The provider {} is gone, with {} connections", done.name(), done.ended());
                            return audit.append(AuditEvent.of(AuditAction.PROVIDER_REMOVED, AuditOutcome.DONE)
                                    .by(done.begunBy(), null)
                                    .on(done.name(), null)
                                    .detail("connections ended: " + done.ended() + ", at the provider too: "
                                            + done.revoked()));
                        }));
    }
}
