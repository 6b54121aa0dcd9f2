package dev.behalf.authz.client;

import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Registers clients on their own word (RFC 7591) and lets each manage itself (RFC 7592). That a client is registered
/// is no reason to trust it: it can do nothing for itself, and what it says of itself is shown as unproved.
@Singleton
final class Registrations {

    /// A registration that was never used is not pushed out by newer ones before: its user may be signing in.
    private static final Duration UNUSED_AT_LEAST = Duration.ofHours(1);

    /// A registration and, when it was made right now, its secret.
    record Registered(StoredClient client, @Nullable Secret secret, Secret registrationToken) {}

    private final ClientTable table;
    private final List<ClientLifecycle> lifecycles;
    private final RegistrationSettings settings;
    private final MetadataRules rules;
    private final Clock clock;

    Registrations(
            ClientTable table,
            List<ClientLifecycle> lifecycles,
            RegistrationSettings settings,
            OutboundPolicy outbound,
            Clock clock) {
        this.table = table;
        this.lifecycles = List.copyOf(lifecycles);
        this.settings = settings;
        this.rules = new MetadataRules(
                Set.of(MetadataRules.CODE, MetadataRules.REFRESH, MetadataRules.TOKEN_EXCHANGE),
                Set.of("none", "client_secret_basic", "client_secret_post", "private_key_jwt"),
                "client_secret_basic", // RFC 7591 §2
                Set.copyOf(settings.schemes()),
                outbound);
        this.clock = clock;
    }

    /// Emits nothing when there are as many that were never used as there may be. Fails with
    /// [dev.behalf.authz.oauth.OAuthError] when the metadata are refused.
    Mono<Registered> register(Map<String, @Nullable Object> given) {
        return Mono.defer(() -> {
            var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            var metadata = nullable(rules.accept(given));
            var token = Secret.random();
            var secret = ClientSecrets.needed(metadata) ? Secret.random() : null;
            var client = new StoredClient(
                    ClientId.random(),
                    Client.Origin.REGISTERED,
                    metadata,
                    Map.of(),
                    ClientSecrets.digest(secret),
                    Sha256.of(token.reveal()),
                    true,
                    now,
                    null,
                    now.plus(settings.unusedFor()));
            return table.transaction(connection -> makeRoom(connection, now)
                            .filter(room -> room)
                            .flatMap(_ -> table.insert(connection, client)))
                    .filter(inserted -> inserted)
                    .map(_ -> new Registered(client, secret, token));
        });
    }

    /// The registration that the token is for, or nothing.
    Mono<Registered> read(String id, Secret token) {
        return Mono.defer(() -> ClientId.hasShape(id) ? table.find(id) : Mono.empty())
                .filter(client -> isFor(client, token))
                .map(client -> new Registered(client, null, token));
    }

    /// Changes the members that are named: null deletes, what is left out stays (RFC 7592 §2.2 wants them all, which
    /// works too; agents in the field send some). Emits nothing when the token is not for that registration.
    Mono<Registered> update(String id, Secret token, Map<String, @Nullable Object> given) {
        return ours(id, token, (connection, client) -> {
            refuseForeign(client, given);
            var merged = new LinkedHashMap<String, @Nullable Object>(client.metadata());
            given.forEach((name, value) -> {
                if (value == null) {
                    merged.remove(name);
                } else {
                    merged.put(name, value);
                }
            });
            var metadata = nullable(rules.accept(merged));
            boolean needed = ClientSecrets.needed(metadata);
            var fresh = needed && client.secret() == null ? Secret.random() : null;
            var digest = needed ? (fresh == null ? client.secret() : ClientSecrets.digest(fresh)) : null;
            var changed = client.with(metadata, digest);
            return table.update(connection, changed).thenReturn(new Registered(changed, fresh, token));
        });
    }

    /// Deletes the registration and ends what the client was given. Emits nothing when the token is not for it.
    Mono<Registered> delete(String id, Secret token) {
        return ours(
                id,
                token,
                (connection, client) -> table.delete(connection, id)
                        .then(ended(connection, id, "deregistered"))
                        .thenReturn(new Registered(client, null, token)));
    }

    /// Deletes some of the clients that have expired; emits how many.
    Mono<Integer> sweep(int atMost) {
        return table.transaction(connection -> table.deleteExpired(connection, clock.instant(), atMost)
                .collectList()
                .flatMap(ids -> Flux.fromIterable(ids)
                        .concatMap(id -> ended(connection, id, "expired"))
                        .then(Mono.just(ids.size()))));
    }

    /// Forgets some of the clients with a metadata document that are idle; they come back by themselves.
    Mono<Long> forgetDocuments(int atMost) {
        return Mono.defer(() -> table.forgetDocuments(clock.instant().minus(settings.idleFor()), atMost));
    }

    private Mono<Void> ended(Connection connection, String id, String reason) {
        return ClientLifecycle.ended(lifecycles, connection, id, reason);
    }

    private interface Work {
        Mono<Registered> of(Connection connection, StoredClient client);
    }

    private Mono<Registered> ours(String id, Secret token, Work work) {
        return Mono.defer(() -> ClientId.hasShape(id)
                ? table.transaction(connection -> table.lock(connection, id)
                        .filter(client -> isFor(client, token))
                        .flatMap(client -> work.of(connection, client)))
                : Mono.empty());
    }

    private boolean isFor(StoredClient client, Secret token) {
        return ClientSecrets.matches(token.reveal(), client.registrationToken()) && client.isGoodAt(clock.instant());
    }

    private Mono<Boolean> makeRoom(Connection connection, Instant now) {
        return table.countUnused(connection)
                .flatMap(unused -> unused < settings.mostUnused()
                        ? Mono.just(true)
                        : table.deleteOldestUnused(connection, now.minus(UNUSED_AT_LEAST)));
    }

    /// RFC 7592 §2.2: neither id nor secret are the client's to choose.
    private static void refuseForeign(StoredClient client, Map<String, @Nullable Object> given) {
        if (given.containsKey("client_id") && !client.id().equals(given.get("client_id"))) {
            throw MetadataRules.invalid("client_id is another client's");
        }
        if (given.get("client_secret") instanceof String secret && !ClientSecrets.matches(secret, client.secret())) {
            throw MetadataRules.invalid("client_secret is not the client's");
        }
    }

    @SuppressWarnings("unchecked")
    static Map<String, @Nullable Object> nullable(Map<String, Object> json) {
        return (Map<String, @Nullable Object>) (Map<String, ?>) json;
    }
}
