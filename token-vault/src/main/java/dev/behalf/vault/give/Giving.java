package dev.behalf.vault.give;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.allowance.Allowance;
import dev.behalf.vault.allowance.Allowances;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.give.Given.Active;
import dev.behalf.vault.give.Given.Ambiguous;
import dev.behalf.vault.give.Given.Status;
import dev.behalf.vault.give.Given.Unavailable;
import dev.behalf.vault.give.Given.UserMustAct;
import dev.behalf.vault.provider.ApiKeyProvider;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.refresh.FreshToken;
import dev.behalf.vault.refresh.FreshTokens;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Decides what an agent gets. In this order: does the user have the account, may this agent use it for this,
/// can it do what is asked, is its token good.
@Singleton
final class Giving {

    /// @param allowance null: the agent has none
    private record Candidate(
            Connection connection, @Nullable Allowance allowance) {}

    private final Catalogue catalogue;
    private final Connections connections;
    private final Allowances allowances;
    private final FreshTokens fresh;
    private final AuditLog audit;
    private final Clock clock;

    Giving(
            Catalogue catalogue,
            Connections connections,
            Allowances allowances,
            FreshTokens fresh,
            AuditLog audit,
            Clock clock) {
        this.catalogue = catalogue;
        this.connections = connections;
        this.allowances = allowances;
        this.fresh = fresh;
        this.audit = audit;
        this.clock = clock;
    }

    /// What the agent gets, once that is recorded. Fails with 503 when it cannot be.
    Mono<Given> give(Asked asked) {
        return decide(asked)
                .flatMap(given ->
                        recorded(asked, given).then(noted(asked, given)).thenReturn(given));
    }

    private Mono<Given> decide(Asked asked) {
        return catalogue
                .resolve(asked.provider())
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no such provider")))
                .flatMap(provider -> decide(asked, provider));
    }

    private Mono<Given> decide(Asked asked, Provider provider) {
        return connections
                .ofOwner(asked.user())
                .filter(connection -> connection.provider().equals(provider.id().name())
                        && connection.issuance().isBy(provider))
                .filter(connection ->
                        asked.connection() == null || connection.id().equals(asked.connection()))
                .concatMap(connection -> allowances
                        .find(connection.id(), asked.agent())
                        .map(Optional::of)
                        .defaultIfEmpty(Optional.empty())
                        .map(allowance -> new Candidate(connection, allowance.orElse(null))))
                .collectList()
                .flatMap(candidates -> decide(asked, provider, candidates));
    }

    private Mono<Given> decide(Asked asked, Provider provider, List<Candidate> candidates) {
        if (candidates.isEmpty()) {
            return Mono.just(new UserMustAct(Status.NOT_CONNECTED, provider.id().name(), null, Set.of()));
        }
        var allowed = candidates.stream()
                .filter(candidate -> candidate.allowance != null
                        && candidate.allowance.covers(asked.scopes(), candidate.connection.scopes(), clock.instant()))
                .toList();
        if (allowed.isEmpty()) {
            var meant = candidates.size() == 1 ? candidates.getFirst().connection : null;
            return Mono.just(
                    new UserMustAct(Status.CONSENT_REQUIRED, provider.id().name(), meant, Set.of()));
        }
        if (allowed.size() > 1) {
            return Mono.just(new Ambiguous());
        }
        return serve(asked, provider, allowed.getFirst().connection);
    }

    private Mono<Given> serve(Asked asked, Provider provider, Connection connection) {
        var missing = missing(asked, provider, connection);
        if (!missing.isEmpty()) {
            return Mono.just(
                    new UserMustAct(Status.MISSING_SCOPES, provider.id().name(), connection, missing));
        }
        return fresh.of(connection)
                .<Given>map(token -> switch (token) {
                    case FreshToken.Good(var now, var tokens) ->
                        missing(asked, provider, now).isEmpty()
                                ? new Active(now, tokens)
                                : new UserMustAct(
                                        Status.NEEDS_RECONNECT, provider.id().name(), now, Set.of());
                    case FreshToken.NeedsReconnect(var now, var _) ->
                        new UserMustAct(Status.NEEDS_RECONNECT, provider.id().name(), now, Set.of());
                    case FreshToken.Unavailable(var now, var retryAfter) -> new Unavailable(now, retryAfter);
                })
                .defaultIfEmpty(new UserMustAct(
                        Status.NOT_CONNECTED, provider.id().name(), null, Set.of())); // ended this moment
    }

    /// A pasted key has no scopes that anybody knows: nothing is missing.
    private static Set<String> missing(Asked asked, Provider provider, Connection connection) {
        return switch (provider) {
            case OAuthProvider oauth -> new TreeSet<>(oauth.scopes().missing(asked.scopes(), connection.scopes()));
            case ApiKeyProvider _ -> Set.of();
        };
    }

    private Mono<Void> recorded(Asked asked, Given given) {
        var connection = connection(given);
        var event = AuditEvent.of(
                        given instanceof Active ? asked.use().action() : AuditAction.TOKEN_REFUSED,
                        given instanceof Active ? AuditOutcome.DONE : AuditOutcome.REFUSED)
                .by(asked.user(), asked.agent())
                .on(
                        asked.provider(),
                        connection == null ? null : connection.id().toString())
                .purpose(asked.purpose())
                .request(asked.requestId());
        return audit.append(
                switch (given) {
                    case Active(var now, var tokens) ->
                        event.scopes(now.scopes()).token(tokens.access());
                    case UserMustAct(var status, var _, var _, var _) ->
                        event.scopes(asked.scopes()).detail(status.word());
                    case Ambiguous() -> event.scopes(asked.scopes()).detail("ambiguous");
                    case Unavailable _ -> event.scopes(asked.scopes()).detail("provider_unavailable");
                });
    }

    private Mono<Void> noted(Asked asked, Given given) {
        return given instanceof Active(var connection, var _)
                ? connections.used(connection, asked.agent())
                : Mono.empty();
    }

    private static @Nullable Connection connection(Given given) {
        return switch (given) {
            case Active(var connection, var _) -> connection;
            case UserMustAct(var _, var _, var connection, var _) -> connection;
            case Unavailable(var connection, var _) -> connection;
            case Ambiguous() -> null;
        };
    }
}
