package dev.behalf.vault.connection;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.event.ConnectionEvent.Kind;
import dev.behalf.vault.event.ConnectionEvents;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.secret.OpenedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import dev.behalf.vault.upstream.AccountInfo;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The connected accounts of all users. What is emitted has been committed, and with it that it is told.
@Singleton
public final class Connections {

    private static final Logger log = LoggerFactory.getLogger(Connections.class);
    private static final int MAX_TRIES = 5;
    private static final Duration NOTED_EVERY = Duration.ofMinutes(1);

    private final ConnectionTable table;
    private final SealedSecrets secrets;
    private final ConnectionEvents events;
    private final Catalogue catalogue;
    private final Database database;
    private final Clock clock;

    Connections(
            ConnectionTable table,
            SealedSecrets secrets,
            ConnectionEvents events,
            Catalogue catalogue,
            Database database,
            Clock clock) {
        this.table = table;
        this.secrets = secrets;
        this.events = events;
        this.catalogue = catalogue;
        this.database = database;
        this.clock = clock;
    }

    /// The user's, by provider and since when they are connected.
    public Flux<Connection> ofOwner(String owner) {
        return table.ofOwner(owner);
    }

    /// The first of those.
    public Flux<Connection> ofOwner(String owner, int limit) {
        return table.ofOwner(owner, limit);
    }

    /// How many the user has.
    public Mono<Long> count(String owner) {
        return table.count(owner);
    }

    public Mono<Connection> find(UUID id) {
        return table.find(id);
    }

    /// Whether anybody has connected that account of the provider's.
    public Mono<Boolean> isConnected(Provider provider, String account) {
        return table.isConnected(provider.instance(), account);
    }

    /// Connects the account, or gives it new tokens if it is connected already: it keeps its id then.
    ///
    /// @param scopes    what the provider granted
    /// @param expiresAt of the access token; null: never, as far as is known
    public Mono<Connection> connect(
            String owner,
            Provider provider,
            AccountInfo account,
            Tokens tokens,
            Set<String> scopes,
            @Nullable Instant expiresAt) {
        var name = provider.id().name();
        return Mono.defer(() -> {
                    var now = now();
                    return database.transaction(connection -> table.find(connection, owner, name, account.id())
                                    .map(Optional::of)
                                    .defaultIfEmpty(Optional.empty()))
                            .flatMap(known -> withoutAnEarlierOne(known, provider))
                            .flatMap(known -> {
                                var written = new Connection(
                                        known.map(Connection::id).orElseGet(UUID::randomUUID),
                                        owner,
                                        name,
                                        account,
                                        Issuance.of(provider),
                                        scopes,
                                        tokens.refresh() != null,
                                        null,
                                        known.map(Connection::connectedAt).orElse(now),
                                        now,
                                        expiresAt,
                                        null,
                                        null,
                                        known.map(Connection::tokenVersion).orElse(0L) + 1,
                                        0,
                                        null);
                                return write(
                                        provider,
                                        written,
                                        tokens,
                                        known.map(Connection::scopes).orElse(Set.of()));
                            });
                })
                .repeatWhenEmpty(MAX_TRIES, tries -> tries) // somebody else wrote the same account meanwhile
                .single();
    }

    /// What was connected at an earlier provider of that name ends: its id and the agents that were allowed are
    /// not to pass to this one.
    private Mono<Optional<Connection>> withoutAnEarlierOne(Optional<Connection> known, Provider provider) {
        return known.isPresent() && !known.get().issuance().isBy(provider)
                ? disconnect(known.get()).thenReturn(Optional.empty())
                : Mono.just(known);
    }

    /// The tokens of that connection, as they are now.
    public Mono<Tokens> tokens(Connection connection) {
        return secrets.get(connection.label()).map(OpenedSecret::value).map(Tokens::opened);
    }

    /// Notes who was given the token last, to the minute; that it is not noted fails nobody's request.
    public Mono<Void> used(Connection connection, String agent) {
        if (connection.wasUsedBy(agent, now().minus(NOTED_EVERY))) {
            return Mono.empty();
        }
        return table.used(connection.id(), agent, now()).onErrorComplete().then();
    }

    /// Ends it, with its tokens and their data key. Emits nothing when it is gone already.
    public Mono<Connection> disconnect(Connection connection) {
        return database.transaction(transaction -> table.delete(transaction, connection.id())
                .filter(gone -> gone)
                .flatMap(_ -> secrets.shredRecord(
                        transaction, SecretLabel.TENANT, connection.owner(), Connection.record(connection.id())))
                .flatMap(_ -> events.tell(transaction, List.of(connection.event(Kind.DELETED, now()))))
                .thenReturn(connection));
    }

    /// Ends it if its tokens are still those, and emits whether it has. It has ended at the provider already,
    /// or not.
    ///
    /// @param also belongs into the transaction
    public Mono<Boolean> end(
            Connection connection, boolean revoked, Function<io.r2dbc.spi.Connection, Mono<Long>> also) {
        return database.transaction(transaction -> table.delete(transaction, connection.id(), connection.tokenVersion())
                        .filter(gone -> gone)
                        .flatMap(_ -> secrets.shredRecord(
                                transaction,
                                SecretLabel.TENANT,
                                connection.owner(),
                                Connection.record(connection.id())))
                        .flatMap(_ -> told(transaction, connection, revoked))
                        .flatMap(_ -> also.apply(transaction).thenReturn(true)))
                .defaultIfEmpty(false);
    }

    private Mono<Boolean> told(io.r2dbc.spi.Connection transaction, Connection connection, boolean revoked) {
        var at = now();
        var deleted = connection.event(Kind.DELETED, at);
        return events.tell(
                        transaction, revoked ? List.of(connection.event(Kind.REVOKED, at), deleted) : List.of(deleted))
                .thenReturn(true);
    }

    /// Those of that provider, by id.
    ///
    /// @param after only those with higher ids
    public Flux<Connection> ofProvider(UUID instance, UUID after, int limit) {
        return table.ofProvider(instance, after, limit);
    }

    /// How many there are of that provider.
    public Mono<Long> countOfProvider(UUID instance) {
        return database.transaction(transaction -> table.countOfProvider(transaction, instance));
    }

    /// The same, inside a transaction.
    public Mono<Long> countOfProvider(io.r2dbc.spi.Connection transaction, UUID instance) {
        return table.countOfProvider(transaction, instance);
    }

    /// Takes the lease to refresh these tokens until then: nobody else refreshes them meanwhile. Emits its
    /// number, or nothing when somebody else has it or the tokens are not those any more.
    public Mono<Long> lease(Connection connection, String holder, Instant until) {
        return table.lease(connection.id(), connection.tokenVersion(), holder, now(), until);
    }

    /// Stores what a refresh of these tokens gave, and emits the connection with it; nothing when others were
    /// stored meanwhile, which then count. Fails without having stored anything when keys or database are away:
    /// it may be called again.
    public Mono<Connection> refreshed(
            Connection connection, Tokens tokens, Set<String> scopes, @Nullable Instant expiresAt) {
        return secrets.seal(connection.label(), connection.tokenVersion() + 1, tokens.sealed())
                .flatMap(secret -> database.transaction(transaction -> table.refreshed(
                                transaction,
                                connection.id(),
                                connection.tokenVersion(),
                                scopes,
                                tokens.refresh() != null,
                                now(),
                                expiresAt)
                        .filter(written -> written)
                        .flatMap(_ -> secrets.write(transaction, secret))
                        .flatMap(written -> written
                                ? Mono.just(true)
                                : Mono.error(new IllegalStateException("the sealed tokens have another version")))
                        .flatMap(_ -> table.find(transaction, connection.id()))
                        .flatMap(now -> told(transaction, Kind.REFRESHED, now, connection.scopes()))));
    }

    /// Only the user can mend it, by connecting again. Emits whether that was new: not when the tokens are not
    /// those any more.
    public Mono<Boolean> obstructed(Connection connection, String obstacle) {
        return database.transaction(
                transaction -> table.obstructed(transaction, connection.id(), connection.tokenVersion(), obstacle)
                        .flatMap(now -> told(transaction, Kind.NEEDS_RECONNECT, now, now.scopes()))
                        .hasElement());
    }

    /// The provider has ended its tokens, which were destroyed here; that it could not be told undoes neither.
    public Mono<Void> revoked(Connection connection) {
        return database.transaction(transaction -> events.tell(
                                transaction, List.of(connection.event(Kind.REVOKED, now())))
                        .thenReturn(true))
                .onErrorResume(fault -> {
                    log.warn("That {} was revoked is not told: {}", connection.id(), fault.getMessage());
                    return Mono.empty();
                })
                .then();
    }

    /// Gives the lease back.
    ///
    /// @param retryAt when the next attempt may be made, after one that failed for a passing reason; null: it
    ///                did not fail
    public Mono<Void> released(Connection connection, long lease, @Nullable Instant retryAt) {
        return table.released(connection.id(), lease, retryAt != null, retryAt).then();
    }

    /// @param before the scopes that the same account had
    private Mono<Connection> write(Provider provider, Connection written, Tokens tokens, Set<String> before) {
        return secrets.seal(written.label(), written.tokenVersion(), tokens.sealed())
                .flatMap(secret -> database.transaction(transaction -> catalogue
                        .hold(transaction, provider)
                        .filter(held -> held)
                        .switchIfEmpty(
                                Mono.error(() -> ProblemException.notFound("there is no such provider any more")))
                        .flatMap(_ -> table.write(transaction, written))
                        .filter(done -> done)
                        .flatMap(_ -> secrets.write(transaction, secret))
                        .flatMap(done -> done
                                ? Mono.just(written)
                                : Mono.error(new IllegalStateException("the sealed tokens have another version")))
                        .flatMap(_ -> told(transaction, Kind.CONNECTED, written, before))));
    }

    private Mono<Connection> told(
            io.r2dbc.spi.Connection transaction, Kind kind, Connection connection, Set<String> before) {
        var at = now();
        return events.tell(
                        transaction,
                        Stream.concat(
                                        Stream.of(connection.event(kind, at)),
                                        connection.scopesMissing(before, at).stream())
                                .toList())
                .thenReturn(connection);
    }

    /// PostgreSQL keeps microseconds.
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
