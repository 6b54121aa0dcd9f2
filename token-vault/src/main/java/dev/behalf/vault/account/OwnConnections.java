package dev.behalf.vault.account;

import dev.behalf.vault.allowance.Allowance;
import dev.behalf.vault.allowance.Allowances;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.upstream.RevocationOutcome;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What a user does with a connection of theirs, by an app or at our own pages. All of it is recorded.
@Singleton
public final class OwnConnections {

    private final Connections connections;
    private final Allowances allowances;
    private final Disconnecting disconnecting;
    private final AuditLog audit;

    OwnConnections(Connections connections, Allowances allowances, Disconnecting disconnecting, AuditLog audit) {
        this.connections = connections;
        this.allowances = allowances;
        this.disconnecting = disconnecting;
        this.audit = audit;
    }

    /// The user's own connection of that id; of another's, nothing, as of one that there is not.
    public Mono<Connection> find(String owner, String id) {
        return Mono.fromSupplier(() -> UUID.fromString(id))
                .onErrorResume(IllegalArgumentException.class, _ -> Mono.empty())
                .flatMap(connections::find)
                .filter(connection -> connection.owner().equals(owner));
    }

    /// Ends the connection: its tokens are destroyed, with the keys that they were sealed by, and revoked at
    /// the provider if that has a way. Emits what came of the latter.
    ///
    /// @param by the client id of the app; null: at our own pages
    public Mono<RevocationOutcome> disconnect(Connection connection, @Nullable String by) {
        return audit.append(event(AuditAction.DISCONNECTED, AuditOutcome.BEGUN, connection, by))
                .then(disconnecting.disconnect(connection))
                .flatMap(outcome -> audit.append(event(AuditAction.DISCONNECTED, AuditOutcome.DONE, connection, by)
                                .detail("at the provider: " + outcome.word()))
                        .thenReturn(outcome));
    }

    /// Lets an agent use it, in place of whatever it may now.
    public Mono<Void> allow(Connection connection, Allowance allowance) {
        return audit.append(event(AuditAction.CONSENT_GIVEN, AuditOutcome.DONE, connection, allowance.agent()))
                .then(allowances.give(allowance));
    }

    /// Ends that, from this moment on. Emits whether the agent could use it.
    Mono<Boolean> forbid(Connection connection, String agent) {
        return allowances
                .end(connection.id(), agent)
                .flatMap(ended -> ended
                        ? audit.append(event(AuditAction.CONSENT_ENDED, AuditOutcome.DONE, connection, agent))
                                .thenReturn(true)
                        : Mono.just(false));
    }

    /// The account, for people.
    public static String title(Connection connection) {
        var account = connection.account();
        return Optional.ofNullable(account.name())
                .or(() -> Optional.ofNullable(account.username()))
                .or(() -> Optional.ofNullable(account.email()))
                .orElse(account.id());
    }

    private static AuditEvent event(
            AuditAction action, AuditOutcome outcome, Connection connection, @Nullable String agent) {
        return AuditEvent.of(action, outcome)
                .by(connection.owner(), agent)
                .on(connection.provider(), connection.id().toString())
                .scopes(connection.scopes());
    }
}
