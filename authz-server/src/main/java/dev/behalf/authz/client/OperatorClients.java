package dev.behalf.authz.client;

import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import io.micronaut.http.HttpStatus;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What operators do with clients. Those that the settings name are only shown; those that registered
/// themselves can be disabled and deleted, and not be changed behind their back.
@Singleton
final class OperatorClients {

    /// A client and, when it was made right now, its secret.
    record Shown(StoredClient client, @Nullable Secret secret) {}

    private final ClientTable table;
    private final ConfiguredClients configured;
    private final OperatorRules rules;
    private final OutboundPolicy outbound;
    private final List<ClientLifecycle> lifecycles;
    private final Clock clock;

    OperatorClients(
            ClientTable table,
            ConfiguredClients configured,
            OperatorRules rules,
            OutboundPolicy outbound,
            List<ClientLifecycle> lifecycles,
            Clock clock) {
        this.table = table;
        this.configured = configured;
        this.rules = rules;
        this.outbound = outbound;
        this.lifecycles = List.copyOf(lifecycles);
        this.clock = clock;
    }

    /// Those in the database behind that id.
    Mono<List<StoredClient>> page(String after, int atMost) {
        return table.page(after, atMost).collectList();
    }

    Mono<StoredClient> find(String id) {
        return Mono.defer(() -> isKnowable(id) ? table.find(id) : Mono.empty());
    }

    /// Makes a client. Fails with 400 for what it may not be, 403 when it could do more than its maker, and 409
    /// when its id is taken.
    Mono<Shown> create(Map<String, @Nullable Object> given, Caller maker) {
        return Mono.defer(() -> {
            var id = given.get("client_id") == null ? ClientId.random() : String.valueOf(given.get("client_id"));
            if (!ClientId.hasShape(id)) {
                throw ProblemException.badRequest("client_id must have at most 100 letters, digits and . _ ~ -");
            }
            if (configured.find(id).isPresent() || BuiltInClients.isRole(id)) {
                return Mono.error(OperatorClients::taken);
            }
            var metadata = Registrations.nullable(rules.metadata(given));
            var secret = ClientSecrets.needed(metadata) ? Secret.random() : null;
            var client = new StoredClient(
                    id,
                    Client.Origin.OPERATOR,
                    metadata,
                    allowed(rules.resources(given.get("resources")), maker),
                    ClientSecrets.digest(secret),
                    null,
                    true,
                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                    null,
                    null);
            return table.transaction(connection -> table.insert(connection, client))
                    .filter(inserted -> inserted)
                    .switchIfEmpty(Mono.error(OperatorClients::taken))
                    .map(_ -> new Shown(client, secret));
        });
    }

    /// Puts all that can be said of a client in the place of what was said. One that comes to need a secret
    /// gets one.
    Mono<Shown> replace(String id, Map<String, @Nullable Object> given, Caller maker) {
        return changed(id, (connection, client) -> {
            var metadata = Registrations.nullable(rules.metadata(given));
            var resources = allowed(rules.resources(given.get("resources")), maker);
            var _ = allowed(client.resources(), maker); // who may do less must not take over who may do more
            boolean needed = ClientSecrets.needed(metadata);
            var fresh = needed && client.secret() == null ? Secret.random() : null;
            var digest = needed ? (fresh == null ? client.secret() : ClientSecrets.digest(fresh)) : null;
            return kept(connection, client.with(metadata, digest).with(resources), fresh);
        });
    }

    /// A new secret in the place of the old one, which is dead from that moment.
    Mono<Shown> rotateSecret(String id, Caller maker) {
        return changed(id, (connection, client) -> {
            var _ = allowed(client.resources(), maker);
            if (client.secret() == null) {
                return Mono.error(() -> new ProblemException(HttpStatus.CONFLICT, "the client has no secret"));
            }
            var secret = Secret.random();
            return kept(connection, client.with(client.metadata(), ClientSecrets.digest(secret)), secret);
        });
    }

    /// Disables or enables a client. One whose id is the URL of its metadata can be disabled before it was ever
    /// seen.
    Mono<Shown> enable(String id, boolean enabled) {
        return editable(id)
                .flatMap(_ -> table.transaction(connection -> table.lock(connection, id)
                        .switchIfEmpty(Mono.defer(() -> enabled ? Mono.empty() : document(connection, id)))
                        .flatMap(client -> table.update(connection, client.with(enabled))
                                .then(enabled ? Mono.empty() : ended(connection, id, "disabled"))
                                .thenReturn(new Shown(client.with(enabled), null)))));
    }

    /// Emits nothing when there was none.
    Mono<Shown> delete(String id) {
        return editable(id)
                .flatMap(_ -> table.transaction(connection -> table.lock(connection, id)
                        .flatMap(client -> table.delete(connection, id)
                                .then(ended(connection, id, "deleted"))
                                .thenReturn(new Shown(client, null)))));
    }

    private interface Change {
        Mono<Shown> of(Connection connection, StoredClient client);
    }

    private Mono<Shown> changed(String id, Change change) {
        return editable(id)
                .flatMap(_ -> table.transaction(connection -> table.lock(connection, id)
                        .flatMap(client -> client.origin() == Client.Origin.OPERATOR
                                ? change.of(connection, client)
                                : Mono.error(() -> new ProblemException(
                                        HttpStatus.CONFLICT,
                                        "only the client itself changes what it said of itself")))));
    }

    private Mono<Shown> kept(Connection connection, StoredClient client, @Nullable Secret secret) {
        return table.update(connection, client).thenReturn(new Shown(client, secret));
    }

    private Mono<StoredClient> document(Connection connection, String id) {
        if (ClientIdUrl.read(id, outbound).isEmpty()) {
            return Mono.empty();
        }
        var client = new StoredClient(
                id,
                Client.Origin.METADATA_DOCUMENT,
                Map.of(),
                Map.of(),
                null,
                null,
                true,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                null,
                null);
        return table.insert(connection, client).thenReturn(client);
    }

    private Mono<Void> ended(Connection connection, String id, String reason) {
        return ClientLifecycle.ended(lifecycles, connection, id, reason);
    }

    private Mono<String> editable(String id) {
        return Mono.defer(() -> {
            if (configured.find(id).isPresent()) {
                return Mono.error(() -> new ProblemException(
                        HttpStatus.CONFLICT, "the client stands in the settings and is changed there"));
            }
            return isKnowable(id) ? Mono.just(id) : Mono.empty();
        });
    }

    private boolean isKnowable(String id) {
        return ClientId.hasShape(id) || ClientIdUrl.read(id, outbound).isPresent();
    }

    /// Nobody gives a client what they lack themselves; and into the suite no client gets but those of its
    /// services.
    private static Map<String, Set<String>> allowed(Map<String, Set<String>> resources, Caller maker) {
        resources.forEach((resource, scopes) -> {
            if (resource.equals(Audience.MANAGEMENT)) {
                if (!maker.scopes().containsAll(scopes)) {
                    throw new ProblemException(
                            HttpStatus.FORBIDDEN, "a client cannot have a scope that its maker lacks");
                }
            } else if (resource.regionMatches(true, 0, "urn:behalf:", 0, "urn:behalf:".length())) {
                throw ProblemException.badRequest("resources names a service of the suite");
            }
        });
        return resources;
    }

    private static ProblemException taken() {
        return new ProblemException(HttpStatus.CONFLICT, "there is a client of that id already");
    }
}
