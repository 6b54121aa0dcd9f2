package dev.behalf.vault.account;

import dev.behalf.vault.agent.Agents;
import dev.behalf.vault.allowance.Allowance;
import dev.behalf.vault.allowance.Allowances;
import dev.behalf.vault.audit.AuditEntry;
import dev.behalf.vault.audit.AuditFilter;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.connection.TokenStatus;
import dev.behalf.vault.page.AgentName;
import dev.behalf.vault.page.OverviewView;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.session.Session;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Puts together what a user sees of their connections.
@Singleton
final class Overview {

    private static final int MOST_USES = 20;
    private static final int MOST_READ = 100;

    /// The actions that a user is told of, and the last part of the keys of their texts.
    private static final Map<String, String> USES = Map.of(
            "token.read done", "read",
            "token.injected done", "injected",
            "token.refused refused", "refused",
            "connected done", "connected",
            "disconnected done", "disconnected",
            "consent.given done", "allowed",
            "consent.ended done", "ended");

    private final Connections connections;
    private final Allowances allowances;
    private final Catalogue catalogue;
    private final Agents agents;
    private final AuditLog audit;
    private final Clock clock;

    Overview(
            Connections connections,
            Allowances allowances,
            Catalogue catalogue,
            Agents agents,
            AuditLog audit,
            Clock clock) {
        this.connections = connections;
        this.allowances = allowances;
        this.catalogue = catalogue;
        this.agents = agents;
        this.audit = audit;
        this.clock = clock;
    }

    Mono<OverviewView> of(Session session) {
        return catalogue
                .all()
                .collectMap(provider -> provider.id().name())
                .flatMap(providers -> Mono.zip(
                                connections
                                        .ofOwner(session.subject())
                                        .concatMap(connection -> card(connection, providers.get(connection.provider())))
                                        .collectList(),
                                uses(session.subject(), providers).collectList())
                        .map(both -> new OverviewView(
                                session.username(), session.csrf(), both.getT1(), offers(providers), both.getT2())));
    }

    private Mono<OverviewView.Card> card(Connection connection, @Nullable Provider provider) {
        var lastUsedBy = connection.lastUsedBy();
        return Mono.zip(
                allowances
                        .ofConnection(connection.id())
                        .concatMap(allowance -> allowed(connection, allowance))
                        .collectList(),
                lastUsedBy == null
                        ? Mono.just(Optional.<AgentName>empty())
                        : agents.named(lastUsedBy).map(Optional::of),
                (allowed, last) -> card(connection, provider, allowed, last.orElse(null)));
    }

    private OverviewView.Card card(
            Connection connection,
            @Nullable Provider provider,
            List<OverviewView.Allowed> allowed,
            @Nullable AgentName lastUsedBy) {
        var account = connection.account();
        var title = OwnConnections.title(connection);
        var detail = Optional.ofNullable(account.username()).or(() -> Optional.ofNullable(account.email()));
        var missing = missing(connection, provider);
        boolean ofAnother = provider == null || !connection.issuance().isBy(provider);
        var status = ofAnother ? OverviewView.Status.NEEDS_RECONNECT : status(connection, missing);
        boolean endsBeforeLong = status == OverviewView.Status.EXPIRING_SOON || status == OverviewView.Status.EXPIRED;
        return new OverviewView.Card(
                connection.id().toString(),
                provider == null ? connection.provider() : provider.displayName(),
                title,
                detail.filter(text -> !text.equals(title)).orElse(null),
                status,
                endsBeforeLong ? connection.expiresAt() : null,
                List.copyOf(new TreeSet<>(connection.scopes())),
                List.copyOf(missing),
                connection.connectedAt(),
                connection.lastUsedAt(),
                lastUsedBy,
                allowed,
                provider == null
                        ? null
                        : Site.connect(connection.provider()) + (ofAnother ? "" : "?connection=" + connection.id()));
    }

    private OverviewView.Status status(Connection connection, Set<String> missing) {
        if (connection.obstacle() != null) {
            return OverviewView.Status.NEEDS_RECONNECT;
        }
        if (!connection.refreshable()) {
            switch (TokenStatus.of(connection.expiresAt(), clock.instant())) {
                case EXPIRED -> {
                    return OverviewView.Status.EXPIRED;
                }
                case EXPIRING_SOON -> {
                    return OverviewView.Status.EXPIRING_SOON;
                }
                case VALID -> {}
            }
        }
        return missing.isEmpty() ? OverviewView.Status.CONNECTED : OverviewView.Status.MISSING_SCOPES;
    }

    private static Set<String> missing(Connection connection, @Nullable Provider provider) {
        return provider instanceof OAuthProvider oauth
                ? new TreeSet<>(oauth.scopes().missing(Set.copyOf(oauth.scopes().standard()), connection.scopes()))
                : Set.of();
    }

    private Mono<OverviewView.Allowed> allowed(Connection connection, Allowance allowance) {
        var until = allowance.until();
        return agents.named(allowance.agent())
                .map(agent -> new OverviewView.Allowed(
                        agent,
                        allowance.givenAt(),
                        until,
                        !allowance.covers(Set.of(), connection.scopes(), clock.instant()),
                        AccountPageController.agentPage(connection.id().toString(), allowance.agent())));
    }

    private static List<OverviewView.Offer> offers(Map<String, Provider> providers) {
        return providers.values().stream()
                .sorted(java.util.Comparator.comparing(Provider::displayName))
                .map(provider -> new OverviewView.Offer(
                        provider.displayName(),
                        provider.description(),
                        Site.connect(provider.id().name())))
                .toList();
    }

    private Flux<OverviewView.Use> uses(String subject, Map<String, Provider> providers) {
        return audit.latest(new AuditFilter(subject, null, null), Long.MAX_VALUE, MOST_READ)
                .filter(entry -> USES.containsKey(key(entry)))
                .take(MOST_USES)
                .concatMap(entry -> agentOf(entry).map(agent -> use(entry, agent.orElse(null), providers)));
    }

    private Mono<Optional<String>> agentOf(AuditEntry entry) {
        return entry.agent() == null
                ? Mono.just(Optional.empty())
                : agents.named(entry.agent()).map(agent -> Optional.of(agent.name()));
    }

    private static OverviewView.Use use(AuditEntry entry, @Nullable String agent, Map<String, Provider> providers) {
        var provider = entry.provider() == null ? null : providers.get(entry.provider());
        return new OverviewView.Use(
                entry.at(),
                USES.getOrDefault(key(entry), ""),
                provider == null ? entry.provider() : provider.displayName(),
                agent,
                entry.purpose());
    }

    private static String key(AuditEntry entry) {
        return entry.action() + " " + entry.outcome();
    }
}
