package dev.behalf.vault.refresh;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.connection.Tokens;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.upstream.TokenOutcome;
import dev.behalf.vault.upstream.TokenSet;
import dev.behalf.vault.upstream.Upstream;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/// Refreshes the tokens of a connection, once for all who want it: in this replica by what is in flight, among
/// replicas by a lease. Once begun it goes on to its end, whoever leaves meanwhile: a provider that rotates
/// refresh tokens has then taken the old one back, and what it gave must be stored.
@Singleton
final class Refreshes {

    private static final Logger log = LoggerFactory.getLogger(Refreshes.class);

    private final Connections connections;
    private final Catalogue catalogue;
    private final Upstream upstream;
    private final AuditLog audit;
    private final RefreshSettings settings;
    private final Clock clock;
    private final String replica = UUID.randomUUID().toString();
    private final ConcurrentMap<UUID, Sinks.Empty<Void>> inFlight = new ConcurrentHashMap<>();

    Refreshes(
            Connections connections,
            Catalogue catalogue,
            Upstream upstream,
            AuditLog audit,
            RefreshSettings settings,
            Clock clock) {
        this.connections = connections;
        this.catalogue = catalogue;
        this.upstream = upstream;
        this.audit = audit;
        this.settings = settings;
        this.clock = clock;
    }

    /// Sees to it that these tokens are refreshed, by whichever replica, unless it is being done already.
    /// Completes when it has ended, one way or another: what came of it stands in the database. To leave does
    /// not stop it.
    @CanIgnoreReturnValue
    Mono<Void> begin(Connection connection) {
        var mine = Sinks.<Void>empty();
        var other = inFlight.putIfAbsent(connection.id(), mine);
        if (other != null) {
            return other.asMono();
        }
        var _ = run(connection)
                .onErrorResume(fault -> {
                    log.warn("A refresh of {} ended without a result: {}", connection.id(), fault.getMessage());
                    return Mono.empty();
                })
                .doFinally(_ -> {
                    inFlight.remove(connection.id());
                    var _ = mine.tryEmitEmpty();
                })
                .subscribe();
        return mine.asMono();
    }

    /// Whether an operator has made another provider of it, to which the refresh token is not shown: only the
    /// user can mend that, or the operator, by making it what it was. So nothing of it is kept.
    Mono<Boolean> isOfAnother(Connection connection) {
        return Mono.defer(() -> catalogue.find(new ProviderId(connection.provider())))
                .map(provider -> !(provider instanceof OAuthProvider oauth)
                        || !connection.issuance().mayRefreshAt(oauth))
                .defaultIfEmpty(false);
    }

    private Mono<Void> run(Connection connection) {
        return Mono.defer(() ->
                        connections.lease(connection, replica, clock.instant().plus(settings.lease())))
                .flatMap(lease -> refresh(connection, lease).thenReturn(true))
                .switchIfEmpty(Mono.defer(() -> othersAreDone(connection)).thenReturn(true))
                .then();
    }

    /// Another replica has the lease, or has ended: waits until the tokens are others, the lease is given back
    /// or has run out. Then whoever still needs it begins anew.
    private Mono<Void> othersAreDone(Connection connection) {
        return Mono.delay(settings.lookEvery())
                .then(Mono.defer(() -> connections.find(connection.id())))
                .filter(now -> now.tokenVersion() == connection.tokenVersion()
                        && now.obstacle() == null
                        && now.failures() == connection.failures())
                .flatMap(same -> connections
                        .lease(same, replica, clock.instant().plus(settings.lease()))
                        .flatMap(lease -> refresh(same, lease).thenReturn(true))
                        .switchIfEmpty(
                                Mono.defer(() -> othersAreDone(connection)).thenReturn(true)))
                .then();
    }

    private Mono<Void> refresh(Connection connection, long lease) {
        return Mono.zip(
                        provider(connection),
                        connections.tokens(connection).flatMap(tokens -> Mono.justOrEmpty(tokens.refresh())))
                .flatMap(both -> upstream.refresh(both.getT1(), both.getT2())
                        .flatMap(outcome -> settle(connection, lease, both.getT1(), both.getT2(), outcome))
                        .thenReturn(true))
                .switchIfEmpty(Mono.defer(() -> failed(connection, lease, null)).thenReturn(true))
                .onErrorResume(fault -> {
                    log.warn("The tokens of {} were not refreshed: {}", connection.id(), fault.getMessage());
                    return failed(connection, lease, null).thenReturn(true);
                })
                .then();
    }

    /// Nothing when an operator has taken it away, or when the refresh token would go elsewhere than it came
    /// from.
    private Mono<OAuthProvider> provider(Connection connection) {
        return Mono.defer(() -> catalogue.find(new ProviderId(connection.provider())))
                .ofType(OAuthProvider.class)
                .filter(connection.issuance()::mayRefreshAt);
    }

    private Mono<Void> settle(
            Connection connection, long lease, OAuthProvider provider, Secret used, TokenOutcome outcome) {
        return switch (outcome) {
            case TokenOutcome.Given(var given) -> store(connection, used, given);
            // Another replica may have been faster: then what it stored counts, and nothing is written here.
            case TokenOutcome.UserMustReconnect(var reason) ->
                connections
                        .obstructed(connection, reason)
                        .flatMap(first -> first
                                ? recorded(connection, AuditOutcome.FAILED, "the user must connect again: " + reason)
                                : Mono.empty());
            // Never the user's fault, and never a reason to disconnect anybody.
            case TokenOutcome.Misconfigured(var reason) -> {
                log.error("The settings of the provider {} are refused: {}", provider.id(), reason);
                yield failed(connection, lease, null);
            }
            case TokenOutcome.ScopeRefused(var reason) -> {
                log.warn("The provider {} refused the scopes of {}: {}", provider.id(), connection.id(), reason);
                yield failed(connection, lease, null);
            }
            case TokenOutcome.Unavailable(var retryAfter, var reason) -> {
                log.warn("The provider {} did not refresh: {}", provider.id(), reason);
                yield failed(connection, lease, retryAfter);
            }
        };
    }

    /// What the provider gave exists nowhere else: it is tried again until it is stored.
    private Mono<Void> store(Connection connection, Secret used, TokenSet given) {
        var refresh = given.refreshToken() == null ? used : given.refreshToken();
        var tokens = new Tokens(given.accessToken(), given.tokenType(), refresh);
        var scopes = given.scopes() == null ? connection.scopes() : given.scopes();
        return Mono.defer(() -> connections.refreshed(connection, tokens, scopes, expiry(connection, given)))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100))
                        .maxBackoff(Duration.ofSeconds(5))
                        .doBeforeRetry(attempt -> log.warn(
                                "The refreshed tokens of {} are not stored yet: {}",
                                connection.id(),
                                attempt.failure().getMessage())))
                .timeout(settings.persistFor())
                .flatMap(stored -> recorded(stored, AuditOutcome.DONE, null));
    }

    /// A provider that does not say how long gives as long as before.
    private @Nullable Instant expiry(Connection connection, TokenSet given) {
        if (given.expiresAt() != null || connection.expiresAt() == null) {
            return given.expiresAt();
        }
        return clock.instant().plus(Duration.between(connection.issuedAt(), connection.expiresAt()));
    }

    private Mono<Void> failed(Connection connection, long lease, @Nullable Duration retryAfter) {
        var pause = settings.pause(connection.failures());
        if (retryAfter != null && retryAfter.compareTo(pause) > 0) {
            pause = retryAfter;
        }
        var jitter = pause.multipliedBy(ThreadLocalRandom.current().nextInt(25)).dividedBy(100);
        return connections.released(
                connection, lease, clock.instant().plus(pause).plus(jitter));
    }

    /// A refresh is done when it is stored; that it could not be recorded does not undo it.
    private Mono<Void> recorded(Connection connection, AuditOutcome outcome, @Nullable String detail) {
        return audit.append(AuditEvent.of(AuditAction.REFRESHED, outcome)
                        .by(connection.owner(), null)
                        .on(connection.provider(), connection.id().toString())
                        .scopes(connection.scopes())
                        .detail(detail))
                .onErrorResume(fault -> {
                    log.error("A refresh of {} is not in the audit log: {}", connection.id(), fault.getMessage());
                    return Mono.empty();
                });
    }
}
