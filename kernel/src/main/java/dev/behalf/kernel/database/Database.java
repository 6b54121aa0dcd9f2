package dev.behalf.kernel.database;

import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.netty.channel.EventLoopGroup;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.R2dbcTransientResourceException;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// The service's database: a bounded pool of connections, migrated to this version before the service starts.
///
/// What fails because the database is away, overloaded or full fails with a 503 [ProblemException]; nothing
/// here is acknowledged before it is committed. Any other failure is a defect and stays as it is.
@Context
@Requires(beans = DatabaseSettings.class)
public final class Database {

    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final int RETRY_AFTER_SECONDS = 2;

    /// For so long after a failure, connections are not believed.
    private static final Duration IN_DOUBT = Duration.ofMinutes(1);

    private static final class DeadConnection extends IOException {
        DeadConnection() {
            super("the connection does not answer");
        }
    }

    private final DatabaseSettings settings;
    private final ConnectionPool pool;
    private final AtomicBoolean away = new AtomicBoolean();
    private volatile long doubtUntil = System.nanoTime();

    /// @param loops that the service's own sockets are on too, so that an answer seldom has to change threads
    Database(DatabaseSettings settings, EventLoopGroup loops) {
        this.settings = settings;
        migrate(settings);
        this.pool = new ConnectionPool(ConnectionPoolConfiguration.builder(
                        new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                                .host(settings.host())
                                .port(settings.port())
                                .database(settings.name())
                                .username(settings.user())
                                .password(settings.password())
                                .applicationName(settings.service())
                                .connectTimeout(settings.acquireWithin())
                                .statementTimeout(settings.answerWithin())
                                .tcpKeepAlive(true)
                                .loopResources(new SharedLoops(loops))
                                .build()))
                .initialSize(0)
                .maxSize(settings.maxConnections())
                .maxAcquireTime(settings.acquireWithin())
                .maxIdleTime(Duration.ofMinutes(5))
                .maxValidationTime(settings.acquireWithin())
                .validationDepth(ValidationDepth.LOCAL) // to ask the database each time would cost as much as the work
                .build());
    }

    /// Runs one statement, which is atomic, and reads its rows.
    ///
    /// @param sql  with `$1`, `$2` … for what is bound
    /// @param bind binds the parameters, from index 0
    public <T> Flux<T> query(String sql, UnaryOperator<Statement> bind, Function<Readable, T> read) {
        return pooled(connection -> query(connection, sql, bind, read));
    }

    /// Runs one statement, which is atomic, and emits how many rows it changed.
    public Mono<Long> update(String sql, UnaryOperator<Statement> bind) {
        return pooled(connection -> update(connection, sql, bind)).single();
    }

    /// Runs the work in one transaction: committed when it completes, rolled back when it fails. The result is
    /// emitted after the commit.
    ///
    /// Once subscribed to, it runs to its end, also when the caller leaves. Neither the pool nor the driver
    /// knows of a `BEGIN` or `COMMIT` under way, so a connection that came back in the midst of one would let
    /// the next caller write into a transaction that nobody commits. What takes too long is cut off with its
    /// connection.
    public <T> Mono<T> transaction(Function<Connection, Mono<T>> work) {
        return Mono.defer(() -> guarded(borrowed(connection -> inTransaction(connection, work), Database::discard))
                .singleOrEmpty()
                .cache()); // so that the caller's cancellation ends here
    }

    /// The first statement of the work does not wait for the answer to `BEGIN`.
    private static <T> Mono<T> inTransaction(Connection connection, Function<Connection, Mono<T>> work) {
        var begun = Mono.from(connection.beginTransaction()).cache();
        return Flux.mergeSequential(begun.<T>then(Mono.empty()), Mono.defer(() -> work.apply(connection)))
                .singleOrEmpty()
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .flatMap(result -> Mono.from(connection.commitTransaction()).then(Mono.justOrEmpty(result)))
                .onErrorResume(fault -> begun.then(Mono.from(connection.rollbackTransaction()))
                        .onErrorComplete() // of a connection that broke, PostgreSQL rolls it back
                        .then(Mono.error(fault)));
    }

    /// Back to the pool. A connection that broke cannot be closed; that must not hide why it broke.
    private static Mono<Void> giveBack(Connection connection) {
        return Mono.from(connection.close()).onErrorComplete();
    }

    /// Back to the pool, which throws it away, since it is closed.
    private static Mono<Void> discard(Connection connection) {
        return closed(connection).onErrorComplete().then(giveBack(connection));
    }

    /// [#query(String, UnaryOperator, Function)] inside a transaction.
    public static <T> Flux<T> query(
            Connection connection, String sql, UnaryOperator<Statement> bind, Function<Readable, T> read) {
        return Flux.from(bind.apply(connection.createStatement(sql)).execute()).flatMap(result -> result.map(read));
    }

    /// [#update(String, UnaryOperator)] inside a transaction.
    public static Mono<Long> update(Connection connection, String sql, UnaryOperator<Statement> bind) {
        return Flux.from(bind.apply(connection.createStatement(sql)).execute())
                .flatMap(Result::getRowsUpdated)
                .reduce(0L, Long::sum);
    }

    /// What to bind for a value that may be missing: itself, or NULL of that type.
    public static Object orNull(Class<?> type, @Nullable Object value) {
        return value == null ? Parameters.in(type) : value;
    }

    /// Whether the database answers.
    public Mono<Boolean> answers() {
        return query("SELECT 1", UnaryOperator.identity(), _ -> true)
                .single()
                .onErrorReturn(ProblemException.class, false);
    }

    @PreDestroy
    void close() {
        pool.dispose();
    }

    private <T> Flux<T> pooled(Function<Connection, Publisher<T>> work) {
        return guarded(borrowed(work, Database::giveBack));
    }

    /// @param whenCancelled what becomes of the connection then
    private <T> Flux<T> borrowed(
            Function<Connection, Publisher<T>> work, Function<Connection, Mono<Void>> whenCancelled) {
        return Flux.usingWhen(
                        pool.create(),
                        connection -> isInDoubt()
                                ? proved(connection).thenMany(work.apply(connection))
                                : work.apply(connection),
                        Database::giveBack,
                        (connection, _) -> giveBack(connection),
                        whenCancelled)
                .retryWhen(Retry.max(settings.maxConnections()) // nothing was asked of a dead one yet
                        .filter(DeadConnection.class::isInstance)
                        .onRetryExhaustedThrow((retry, last) -> last.failure()));
    }

    /// A connection whose other end vanished without a word looks like a good one. While something failed of
    /// late, each is asked before it is used, and closed when it does not answer.
    private Mono<Void> proved(Connection connection) {
        return Mono.from(connection.validate(ValidationDepth.REMOTE))
                .timeout(settings.acquireWithin().dividedBy(2))
                .onErrorReturn(false)
                .flatMap(alive -> alive
                        ? Mono.empty()
                        : closed(connection).onErrorComplete().then(Mono.error(DeadConnection::new)));
    }

    /// Closes the connection itself; the pool's own `close` would keep it.
    private static Mono<Void> closed(Connection connection) {
        return connection instanceof Wrapped<?> pooled && pooled.unwrap() instanceof Connection physical
                ? Mono.from(physical.close())
                : Mono.empty();
    }

    private boolean isInDoubt() {
        return System.nanoTime() - doubtUntil < 0;
    }

    private <T> Flux<T> guarded(Flux<T> work) {
        return work.timeout(settings.acquireWithin().plus(settings.answerWithin()))
                .doOnComplete(() -> {
                    if (away.compareAndSet(true, false)) {
                        log.info("The database can be used again");
                    }
                })
                .onErrorMap(Database::isAway, fault -> {
                    doubtUntil = System.nanoTime() + IN_DOUBT.toNanos();
                    if (away.compareAndSet(false, true)) { // once, not for each request meanwhile
                        log.warn("The database cannot be used: {}", fault.toString());
                    }
                    return ProblemException.unavailable("the database cannot be reached", RETRY_AFTER_SECONDS);
                });
    }

    static boolean isAway(Throwable fault) {
        return switch (fault) {
            case PostgresqlException refused -> {
                var state = refused.getErrorDetails().getCode();
                // Connection exceptions, insufficient resources (a full disk, too many clients), operator intervention
                yield state.startsWith("08") || state.startsWith("53") || state.startsWith("57");
            }
            case R2dbcTimeoutException _, R2dbcTransientResourceException _ -> true;
            case io.r2dbc.spi.R2dbcNonTransientResourceException _ -> true;
            case TimeoutException _, IOException _ -> true;
            case R2dbcException other when other.getCause() != null -> isAway(other.getCause());
            default -> false;
        };
    }

    private static void migrate(DatabaseSettings settings) {
        var outcome = Flyway.configure()
                .dataSource(
                        "jdbc:postgresql://" + settings.host() + ":" + settings.port() + "/" + settings.name()
                                + "?ApplicationName=" + settings.service() + "-migration",
                        settings.user(),
                        settings.password())
                .locations("classpath:" + settings.service() + "/db/migration")
                .connectRetries(30)
                .connectRetriesInterval(2)
                .load()
                .migrate();
        if (outcome.migrationsExecuted > 0) {
            log.info("Migrated the database to version {}", outcome.targetSchemaVersion);
        }
    }
}
