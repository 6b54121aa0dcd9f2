package dev.behalf.authz.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The clients that there are, wherever they came from.
@Singleton
public final class Clients {

    /// The client of the gateway, the only one that may exchange others' credentials.
    public static final String GATEWAY = "api-gateway";

    /// The client of the vault, at whose pages people sign in.
    public static final String VAULT = "token-vault";

    /// The client of operators and their tools.
    public static final String OPERATOR = "operator";

    /// The use of a client is written at most this often, so that using one is not a write.
    private static final Duration USE_IS_NOTED_EVERY = Duration.ofMinutes(1);

    private static final Logger log = LoggerFactory.getLogger(Clients.class);

    private final ConfiguredClients configured;
    private final ClientTable table;
    private final MetadataDocuments documents;
    private final RegistrationSettings registration;
    private final Clock clock;
    private final Cache<String, Instant> noted =
            Caffeine.newBuilder().maximumSize(10_000).build();

    Clients(
            ConfiguredClients configured,
            ClientTable table,
            MetadataDocuments documents,
            RegistrationSettings registration,
            Clock clock) {
        this.configured = configured;
        this.table = table;
        this.documents = documents;
        this.registration = registration;
        this.clock = clock;
    }

    /// The client of that id, or nothing when there is none, it is disabled or it has expired. Not remembered,
    /// so that a client that was disabled is refused at once by every replica.
    ///
    /// Fails with [dev.behalf.authz.oauth.OAuthError] `invalid_client` when the id is the URL of a metadata
    /// document that cannot be had or is not good; its message says why, and is fit to be shown.
    public Mono<Client> find(String id) {
        return Mono.defer(() -> {
            var known = configured.find(id);
            if (known.isPresent()) {
                return Mono.just(known.get());
            }
            if (documents.isKnowable(id)) {
                return table.find(id)
                        .map(StoredClient::enabled)
                        .defaultIfEmpty(true)
                        .flatMap(enabled -> enabled ? documents.find(id) : Mono.empty());
            }
            return ClientId.hasShape(id)
                    ? table.find(id)
                            .filter(stored -> stored.isGoodAt(clock.instant()))
                            .map(StoredClient::client)
                    : Mono.empty();
        });
    }

    /// Notes that the client got something for a user or itself: one that registered itself lives on for as
    /// long as an idle one may from now. That it is not noted is no reason for the request to fail.
    public Mono<Void> used(Client client) {
        return Mono.defer(() -> {
            var now = clock.instant();
            var last = noted.getIfPresent(client.id());
            if (configured.find(client.id()).isPresent()
                    || (last != null && now.isBefore(last.plus(USE_IS_NOTED_EVERY)))) {
                return Mono.empty();
            }
            noted.put(client.id(), now);
            return (client.origin() == Client.Origin.METADATA_DOCUMENT
                            ? table.markDocumentUsed(client.id(), now)
                            : table.markUsed(client.id(), now, now.plus(registration.idleFor())))
                    .onErrorResume(fault -> {
                        log.warn("The use of a client was not noted: {}", fault.getMessage());
                        return Mono.empty();
                    })
                    .then();
        });
    }

    /// Keeps a client that registered itself alive until then, whatever it does: something that it was given
    /// lives so long. Part of the transaction that gives it. At most one write a day for each client.
    public Mono<Void> keepUntil(Connection connection, String clientId, Instant until) {
        return Mono.defer(() -> configured.find(clientId).isPresent()
                ? Mono.empty() // it does not expire
                : table.keepUntil(connection, clientId, clock.instant(), until));
    }

    /// Every scope that an operator, and so an API key, can have.
    public static Set<String> operatorScopes() {
        return BuiltInClients.operatorScopes();
    }
}
