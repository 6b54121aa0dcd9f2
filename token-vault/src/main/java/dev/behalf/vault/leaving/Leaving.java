package dev.behalf.vault.leaving;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.account.OwnConnections;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connect.Connecting;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Ends a user's connections, one by one and a bounded number of them: each as if the user had disconnected it,
/// and for good whatever becomes of the others. What is left over is ended by doing it again.
@Singleton
final class Leaving {

    private static final Logger log = LoggerFactory.getLogger(Leaving.class);

    private final Connections connections;
    private final OwnConnections own;
    private final Connecting connecting;
    private final LeavingSettings settings;
    private final AuditLog audit;

    Leaving(
            Connections connections,
            OwnConnections own,
            Connecting connecting,
            LeavingSettings settings,
            AuditLog audit) {
        this.connections = connections;
        this.own = own;
        this.connecting = connecting;
        this.settings = settings;
        this.audit = audit;
    }

    /// Ends what the user has begun to connect, then what is connected. It goes on to its end when the caller
    /// leaves: tokens that are destroyed here are to be ended at their provider too.
    ///
    /// Fails with 503 when nothing could be ended because the keys or the database are away.
    ///
    /// @param by who does it; null: the user, at our own pages
    /// @param sessions ends the user's sessions
    Mono<Left> end(String user, @Nullable String by, Mono<Void> sessions) {
        var work = audit.append(event(AuditOutcome.BEGUN, user, by))
                .then(connecting.forget(user))
                .then(sessions)
                .then(Mono.defer(() -> connections(user, by)))
                .flatMap(left -> audit.append(event(AuditOutcome.DONE, user, by)
                                .detail("connections ended: " + left.ended() + ", left: " + left.left()))
                        .thenReturn(left));
        return Mono.defer(work::cache); // so that the caller's cancellation ends here
    }

    private Mono<Left> connections(String user, @Nullable String by) {
        long until = System.nanoTime() + settings.within().toNanos();
        var away = new AtomicReference<@Nullable ProblemException>();
        return connections
                .ofOwner(user, settings.most())
                .collectList() // the database is not to wait for providers
                .flatMapIterable(all -> all)
                .flatMap(
                        connection -> away.get() != null || System.nanoTime() - until >= 0
                                ? Mono.empty()
                                : ended(connection, by, away),
                        settings.atOnce())
                .reduce(Left.NOTHING, Left::and)
                .flatMap(left -> {
                    var fault = away.get();
                    return fault != null && left.ended() == 0
                            ? Mono.error(fault)
                            : connections.count(user).map(left::left);
                });
    }

    /// One that does not end keeps no other from ending.
    private Mono<Left> ended(
            Connection connection, @Nullable String by, AtomicReference<@Nullable ProblemException> away) {
        return own.disconnect(connection, by)
                .map(outcome -> Left.of(connection, outcome))
                .onErrorResume(fault -> {
                    if (fault instanceof ProblemException problem
                            && problem.problem().status() == HttpStatus.SERVICE_UNAVAILABLE.getCode()) {
                        away.compareAndSet(null, problem);
                    } else {
                        log.error("The connection {} did not end", connection.id(), fault);
                    }
                    return Mono.empty();
                });
    }

    private static AuditEvent event(AuditOutcome outcome, String user, @Nullable String by) {
        return AuditEvent.of(AuditAction.USER_ENDED, outcome).by(user, by);
    }
}
