package dev.behalf.vault.provider;

import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.secret.OpenedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import io.micronaut.context.BeanProvider;
import io.r2dbc.spi.Connection;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The providers of the file and those of the database, which is asked each time.
@Singleton
final class ConfiguredProviders implements Catalogue, ClientSecrets {

    private static final Logger log = LoggerFactory.getLogger(ConfiguredProviders.class);
    private static final String UNREGISTERED = "unregistered";
    private static final int RETRY_AFTER_SECONDS = 60;

    private final ProvidersFile file;
    private final ProviderTable table;
    private final BuiltIns builtIns;
    private final SealedSecrets secrets;
    private final BeanProvider<RegisteredClients> clients;
    private final OutboundPolicy policy;
    private final Scheduler disk = Schedulers.newBoundedElastic(2, 1_000, "vault-client-secrets");

    ConfiguredProviders(
            ProvidersFile file,
            ProviderTable table,
            BuiltIns builtIns,
            SealedSecrets secrets,
            BeanProvider<RegisteredClients> clients,
            OutboundPolicy policy) {
        this.file = file;
        this.table = table;
        this.builtIns = builtIns;
        this.secrets = secrets;
        this.clients = clients;
        this.policy = policy;
    }

    @Override
    public Mono<Provider> find(ProviderId id) {
        return file.find(id)
                .map(entry -> Mono.just(entry.provider()))
                .orElseGet(() ->
                        table.find(id).filter(row -> row.removedAt() == null).flatMap(this::usable));
    }

    @Override
    public Mono<Provider> resolve(String nameOrUrl) {
        var id = ProviderId.parse(nameOrUrl);
        if (id.isPresent()) {
            return find(id.get());
        }
        for (var entry : file.entries().values()) {
            if (entry.provider() instanceof OAuthProvider oauth && nameOrUrl.equals(oauth.issuer())) {
                return Mono.just(oauth);
            }
        }
        return nameOrUrl.indexOf('\0') >= 0
                ? Mono.empty()
                : table.findByUrl(nameOrUrl)
                        .filter(row -> file.find(row.id()).isEmpty())
                        .flatMap(this::usable);
    }

    @Override
    public Mono<OAuthProvider> withCurrentClient(OAuthProvider provider) {
        var registration = provider.registration();
        return registration == null
                ? Mono.just(provider)
                : clients.get()
                        .current(registration)
                        .then(Mono.defer(() -> find(provider.id())))
                        .ofType(OAuthProvider.class);
    }

    @Override
    public Flux<Provider> all() {
        return table.all()
                .filter(row -> row.removedAt() == null && file.find(row.id()).isEmpty())
                .flatMapSequential(row -> withClient(row).onErrorResume(InvalidProvider.class, fault -> {
                    log.warn("The provider {} is left out: {}", row.id(), fault.getMessage());
                    return Mono.empty();
                }))
                .concatWith(
                        Flux.fromStream(() -> file.entries().values().stream().map(ProvidersFile.Entry::provider)))
                .sort(Comparator.comparing(provider -> provider.id().name()));
    }

    @Override
    public Mono<Boolean> hold(Connection transaction, Provider provider) {
        return file.find(provider.id()).isPresent()
                ? Mono.just(true)
                : table.hold(transaction, provider.id(), provider.instance());
    }

    @Override
    public Mono<Secret> of(OAuthProvider provider) {
        var entry = file.find(provider.id());
        if (entry.isEmpty() && provider.registration() != null) {
            return clients.get().secret(provider.registration(), provider.clientId());
        }
        if (entry.isEmpty()) {
            return secrets.get(label(provider.id())).map(OpenedSecret::value);
        }
        var path = entry.get().secretFile();
        return path == null ? Mono.empty() : read(provider.id(), path);
    }

    @PreDestroy
    void close() {
        disk.dispose();
    }

    /// Where the client's secret is sealed.
    static SecretLabel label(ProviderId id) {
        return SecretLabel.of(owner(id), owner(id), "client-secret");
    }

    static String owner(ProviderId id) {
        return "provider/" + id.name();
    }

    /// The whole definition.
    ///
    /// @param client that is registered; null: none, or the operator's own
    Map<String, @Nullable Object> effective(ProviderTable.Row row, RegisteredClients.@Nullable Client client) {
        if (row.found() == null) {
            return builtIns.complete(row.id(), row.written());
        }
        var changes = new LinkedHashMap<String, @Nullable Object>(row.written());
        changes.remove("discover");
        var whole = Definition.merge(row.found(), changes);
        return row.registration() == null
                ? whole
                : Definition.merge(whole, registered(row.registration(), whole, client));
    }

    private static Map<String, @Nullable Object> registered(
            String issuer, Map<String, @Nullable Object> whole, RegisteredClients.@Nullable Client client) {
        var changes = new LinkedHashMap<String, @Nullable Object>();
        changes.put(
                "client", Map.of("id", client == null ? UNREGISTERED : client.id(), Definition.REGISTRATION, issuer));
        if (client != null) {
            var authentication = client.authentication().name().toLowerCase(Locale.ROOT);
            changes.put("token", Map.of("authentication", authentication));
            if (whole.containsKey("revocation")) {
                // Without a secret, this puts client_id into the body (RFC 7009 §2.1)
                boolean isPublic = client.authentication() == ClientAuthentication.NONE;
                changes.put("revocation", Map.of("authentication", isPublic ? "basic" : authentication));
            }
        }
        return changes;
    }

    /// With a client that is registered if there is one.
    ///
    /// @throws InvalidProvider when it was good once and is no more: another release, other settings
    Provider provider(ProviderTable.Row row, RegisteredClients.@Nullable Client client) {
        return Definition.read(row.id(), row.instance(), effective(row, client), policy);
    }

    /// With the client that is registered, if it is to have one. Fails with [InvalidProvider] as [#provider]
    /// does.
    Mono<Provider> withClient(ProviderTable.Row row) {
        return row.registration() == null
                ? Mono.fromSupplier(() -> provider(row, null))
                : clients.get()
                        .known(row.registration())
                        .map(client -> provider(row, client))
                        .switchIfEmpty(Mono.fromSupplier(() -> provider(row, null)));
    }

    private Mono<Provider> usable(ProviderTable.Row row) {
        return withClient(row).onErrorMap(InvalidProvider.class, fault -> {
            log.warn("The provider {} cannot be used: {}", row.id(), fault.getMessage());
            return ProblemException.unavailable(
                    "the provider " + row.id() + " cannot be used as it is defined", RETRY_AFTER_SECONDS);
        });
    }

    private Mono<Secret> read(ProviderId id, Path path) {
        return Mono.fromCallable(() -> Secret.read(path))
                .onErrorMap(RuntimeException.class, _ -> new ClientSecretUnreadable(id))
                .subscribeOn(disk);
    }
}
