package dev.behalf.authz.grant;

import dev.behalf.kernel.database.Database;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/// What people said yes to, so that they are not asked again for the same.
@Singleton
public final class Consents {

    private final Database database;
    private final ConsentTable table;
    private final Grants grants;
    private final Clock clock;

    Consents(Database database, ConsentTable table, Grants grants, Clock clock) {
        this.database = database;
        this.table = table;
        this.grants = grants;
        this.clock = clock;
    }

    /// What the person allows that agent now, by resource.
    public Mono<Map<String, Consent>> find(
            String subject, String clientId, String actor, Collection<String> resources) {
        return table.find(subject, clientId, actor, resources, now()).map(Consents::byResource);
    }

    /// The same, kept from being taken back until the caller's transaction ends.
    public Mono<Map<String, Consent>> hold(
            Connection connection, String subject, String clientId, String actor, Collection<String> resources) {
        return table.hold(connection, subject, clientId, actor, resources).map(all -> {
            var now = now();
            return byResource(all.stream()
                    .filter(consent -> consent.expiresAt().isAfter(now))
                    .toList());
        });
    }

    private static Map<String, Consent> byResource(List<Consent> consents) {
        return consents.stream().collect(Collectors.toMap(Consent::resource, Function.identity()));
    }

    /// Remembers what was allowed, inside the caller's transaction.
    public Mono<Void> remember(Connection connection, Consent consent) {
        return table.put(connection, consent);
    }

    /// Whether the person still allows all of it; kept from being taken back until the caller's transaction
    /// ends.
    public Mono<Boolean> stillAllows(
            Connection connection, String subject, String clientId, String actor, Collection<String> resources) {
        return table.hold(connection, subject, clientId, actor, resources)
                .map(held -> held.size() == Set.copyOf(resources).size());
    }

    /// Takes a consent back, with all that came of it; emits it as it was, or nothing when the person has none
    /// of that id.
    public Mono<Consent> revoke(String id, String subject) {
        return database.transaction(connection -> table.remove(connection, id, subject)
                .flatMap(consent -> table.grantsOf(connection, consent, now())
                        .collectList()
                        .flatMap(gids -> grants.revoke(connection, gids, "user"))
                        .thenReturn(consent)));
    }

    Mono<List<ConsentTable.Use>> of(String subject) {
        return table.of(subject, now()).collectList();
    }

    /// Whether what is allowed covers what is asked for.
    public static boolean covers(Map<String, Consent> allowed, Collection<String> resources, Set<String> scopes) {
        return resources.stream().allMatch(resource -> {
            var consent = allowed.get(resource);
            return consent != null && consent.scopes().containsAll(scopes);
        });
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
