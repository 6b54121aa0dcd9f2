package dev.behalf.vault.provider;

import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.secret.OpenedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.Comparator;
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
    private static final int RETRY_AFTER_SECONDS = 60;

    private final ProvidersFile file;
    private final ProviderTable table;
    private final BuiltIns builtIns;
    private final SealedSecrets secrets;
    private final OutboundPolicy policy;
    private final Scheduler disk = Schedulers.newBoundedElastic(2, 1_000, "vault-client-secrets");

    ConfiguredProviders(
            ProvidersFile file, ProviderTable table, BuiltIns builtIns, SealedSecrets secrets, OutboundPolicy policy) {
        this.file = file;
        this.table = table;
        this.builtIns = builtIns;
        this.secrets = secrets;
        this.policy = policy;
    }

    @Override
    public Mono<Provider> find(ProviderId id) {
        return file.find(id)
                .map(entry -> Mono.just(entry.provider()))
                .orElseGet(() -> table.find(id).map(this::usable));
    }

    @Override
    public Mono<Provider> resolve(String nameOrIssuer) {
        var id = ProviderId.parse(nameOrIssuer);
        if (id.isPresent()) {
            return find(id.get());
        }
        for (var entry : file.entries().values()) {
            if (entry.provider() instanceof OAuthProvider oauth && nameOrIssuer.equals(oauth.issuer())) {
                return Mono.just(oauth);
            }
        }
        return nameOrIssuer.indexOf('\0') >= 0
                ? Mono.empty()
                : table.findByIssuer(nameOrIssuer)
                        .filter(row -> file.find(row.id()).isEmpty())
                        .map(this::usable);
    }

    @Override
    public Flux<Provider> all() {
        return table.all()
                .filter(row -> file.find(row.id()).isEmpty())
                .flatMapSequential(row -> Mono.fromSupplier(() -> provider(row))
                        .onErrorResume(InvalidProvider.class, fault -> {
                            log.warn("The provider {} is left out: {}", row.id(), fault.getMessage());
                            return Mono.empty();
                        }))
                .concatWith(
                        Flux.fromStream(() -> file.entries().values().stream().map(ProvidersFile.Entry::provider)))
                .sort(Comparator.comparing(provider -> provider.id().name()));
    }

    @Override
    public Mono<Secret> of(OAuthProvider provider) {
        var entry = file.find(provider.id());
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

    /// @throws InvalidProvider when it was good once and is no more: another release, other settings
    Provider provider(ProviderTable.Row row) {
        return Definition.read(row.id(), row.instance(), builtIns.complete(row.id(), row.written()), policy);
    }

    private Provider usable(ProviderTable.Row row) {
        try {
            return provider(row);
        } catch (InvalidProvider e) {
            log.warn("The provider {} cannot be used: {}", row.id(), e.getMessage());
            throw ProblemException.unavailable(
                    "the provider " + row.id() + " cannot be used as it is defined", RETRY_AFTER_SECONDS);
        }
    }

    private Mono<Secret> read(ProviderId id, Path path) {
        return Mono.fromCallable(() -> Secret.read(path))
                .onErrorMap(RuntimeException.class, _ -> new ClientSecretUnreadable(id))
                .subscribeOn(disk);
    }
}
