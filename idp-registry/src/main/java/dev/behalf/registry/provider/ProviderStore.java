package dev.behalf.registry.provider;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.provider.ProviderState;
import io.micronaut.http.HttpStatus;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Changes the registry. Each change is one transaction: the number, the provider, the event.
@Singleton
final class ProviderStore {

    private static final Logger audit = LoggerFactory.getLogger("dev.behalf.registry.audit");

    private final Database database;
    private final ProviderTable table;
    private final ChangeRecorder recorder;
    private final Clock clock;

    ProviderStore(Database database, ProviderTable table, ChangeRecorder recorder, Clock clock) {
        this.database = database;
        this.table = table;
        this.recorder = recorder;
        this.clock = clock;
    }

    /// Creates or replaces the provider, and emits it as stored. One that says the same already is left alone: no new
    /// revision, no event. A dry run checks everything and changes nothing.
    Mono<StoredProvider> put(ProviderResource resource, Precondition precondition, boolean dryRun, String by) {
        var wanted = resource.state();
        return database.transaction(connection -> table.lockRevision(connection)
                        .flatMap(last -> table.find(connection, new ProviderKey(wanted.namespace(), wanted.name()))
                                .flatMap(stored -> {
                                    precondition.check(stored);
                                    return noConflict(connection, wanted)
                                            .then(put(connection, stored, resource, last + 1, dryRun, by));
                                })))
                .doOnNext(outcome -> {
                    if (outcome.changed) {
                        tell("put", outcome.stored.state(), by);
                    }
                })
                .map(Outcome::stored);
    }

    /// Deletes the provider and emits it as it was; nothing when there was none.
    Mono<StoredProvider> delete(ProviderKey key, Precondition precondition, boolean dryRun, String by) {
        return database.transaction(connection -> table.lockRevision(connection)
                        .flatMap(last -> table.find(connection, key)
                                .flatMap(stored -> {
                                    if (stored.isPresent()) {
                                        precondition.check(stored);
                                    }
                                    return Mono.justOrEmpty(stored);
                                })
                                .flatMap(stored ->
                                        dryRun ? Mono.just(stored) : delete(connection, stored, last + 1, by))))
                .doOnNext(gone -> {
                    if (!dryRun) {
                        tell("delete", gone.state(), by);
                    }
                });
    }

    private record Outcome(StoredProvider stored, boolean changed) {}

    private Mono<Outcome> put(
            Connection connection,
            Optional<StoredProvider> before,
            ProviderResource resource,
            long revision,
            boolean dryRun,
            String by) {
        if (before.isPresent() && ProviderResource.of(before.get().state()).says(resource)) {
            return Mono.just(new Outcome(before.get(), false));
        }
        var now = now();
        var state = withRevision(resource.state(), revision);
        var stored = new StoredProvider(state, now);
        if (dryRun) {
            return Mono.just(new Outcome(stored, false));
        }
        return table.setRevision(connection, revision)
                .then(table.upsert(connection, state, now))
                .then(recorder.record(connection, new Change(UUID.randomUUID(), ProviderState.UPDATED, state, now, by)))
                .thenReturn(new Outcome(stored, true));
    }

    private Mono<StoredProvider> delete(Connection connection, StoredProvider stored, long revision, String by) {
        var now = now();
        var last = withRevision(stored.state(), revision);
        return table.setRevision(connection, revision)
                .then(table.delete(connection, last))
                .then(recorder.record(connection, new Change(UUID.randomUUID(), ProviderState.DELETED, last, now, by)))
                .thenReturn(new StoredProvider(last, now));
    }

    /// A token must be of one provider: those that share host and issuer (aliases count) must differ in audience.
    private Mono<Void> noConflict(Connection connection, ProviderState wanted) {
        return table.sharing(connection, wanted).flatMap(others -> {
            for (var other : others) {
                if (shareAnIssuer(wanted, other) && overlap(wanted.audiences(), other.audiences())) {
                    return Mono.error(() -> new ProblemException(
                            HttpStatus.CONFLICT,
                            "identity provider \"" + other.name()
                                    + "\" has the same host and issuer, and audiences that are not apart"));
                }
            }
            return Mono.empty();
        });
    }

    private static boolean shareAnIssuer(ProviderState one, ProviderState other) {
        return one.isIssuer(other.issuer()) || other.issuerAliases().stream().anyMatch(one::isIssuer);
    }

    private static boolean overlap(List<String> some, List<String> others) {
        return some.isEmpty() || others.isEmpty() || some.stream().anyMatch(others::contains);
    }

    private void tell(String what, ProviderState state, String by) {
        recorder.committed();
        audit.info("identity-provider {} {} revision {} by {}", state.key(), what, state.revision(), by);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS); // what PostgreSQL keeps
    }

    private static ProviderState withRevision(ProviderState s, long revision) {
        return new ProviderState(
                s.namespace(),
                s.name(),
                revision,
                s.host(),
                s.issuer(),
                s.issuerAliases(),
                s.jwksUri(),
                s.audiences(),
                s.algorithms(),
                s.userIdClaim(),
                s.allowedDomains());
    }
}
