package dev.behalf.vault.provider;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.secret.SealedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import io.micronaut.context.BeanProvider;
import io.micronaut.http.HttpStatus;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What an operator does with providers through the API. Each change is in the audit log before it is made.
@Singleton
final class ProviderChanges {

    private static final int MAX_SECRET = 4_000;

    private final Database database;
    private final ProviderTable table;
    private final ProvidersFile file;
    private final Discovering discovering;
    private final BeanProvider<RegisteredClients> clients;
    private final ConfiguredProviders configured;
    private final SealedSecrets secrets;
    private final Removals removals;
    private final RemovedProviders removed;
    private final AuditLog audit;

    /// What becomes of the client's secret.
    private sealed interface SecretChange {
        record Keep() implements SecretChange {}

        record Remove() implements SecretChange {}

        record Put(Secret secret) implements SecretChange {}
    }

    /// What came of taking one away.
    enum Removal {
        /// It is gone.
        DONE,
        /// Its connections are being ended; then it is gone.
        BEGUN
    }

    /// A stored provider, and whether it was there before.
    record Stored(ProviderTable.Row row, boolean created) {}

    ProviderChanges(
            Database database,
            ProviderTable table,
            ProvidersFile file,
            Discovering discovering,
            BeanProvider<RegisteredClients> clients,
            ConfiguredProviders configured,
            SealedSecrets secrets,
            Removals removals,
            RemovedProviders removed,
            AuditLog audit) {
        this.database = database;
        this.table = table;
        this.file = file;
        this.discovering = discovering;
        this.clients = clients;
        this.configured = configured;
        this.secrets = secrets;
        this.removals = removals;
        this.removed = removed;
        this.audit = audit;
    }

    /// Creates or replaces it. A secret that is not sent stays, unless it would go elsewhere then. One that is
    /// to be discovered is looked up, and this vault is registered there unless the definition has a client.
    Mono<Stored> put(ProviderId id, Map<String, @Nullable Object> body, String by) {
        requireNotOfFile(id);
        var written = new LinkedHashMap<String, @Nullable Object>(body);
        var wanted = Discovering.Wanted.take(written);
        boolean registered = wanted.isPresent() && !written.containsKey("client");
        var change = registered ? new SecretChange.Remove() : takeSecret(written);
        var row = wanted.map(it -> discovering
                        .find(it, saysPkce(written))
                        .flatMap(found -> discovered(id, written, it, found, registered, by)))
                .orElseGet(() -> Mono.fromSupplier(() -> row(id, written, null, null, by)));
        return before(id)
                .then(row)
                .flatMap(found -> before(id).flatMap(before -> put(found, change, before.orElse(null))));
    }

    /// As it is stored. Fails with 409 when it is being removed.
    private Mono<Optional<ProviderTable.Row>> before(ProviderId id) {
        return table.find(id).map(Optional::of).defaultIfEmpty(Optional.empty()).doOnNext(before -> {
            if (before.isPresent() && before.get().removedAt() != null) {
                throw new ProblemException(HttpStatus.CONFLICT, "the provider of that name is being removed");
            }
        });
    }

    private Mono<ProviderTable.Row> discovered(
            ProviderId id,
            Map<String, @Nullable Object> written,
            Discovering.Wanted wanted,
            Discovering.Found found,
            boolean registered,
            String by) {
        var row = row(id, written, found, registered ? found.server().issuer() : null, by);
        return registered
                ? audit.append(AuditEvent.of(AuditAction.PROVIDER_CHANGED, AuditOutcome.BEGUN)
                                .by(by, null)
                                .on(id.name(), null)
                                .detail("the vault is registered at its issuer"))
                        .then(Mono.defer(() ->
                                clients.get().register(found.server(), found.scopes(), wanted.initialAccessToken())))
                        .thenReturn(row)
                : Mono.just(row);
    }

    /// @throws InvalidProvider when it is not fit for use
    private ProviderTable.Row row(
            ProviderId id,
            Map<String, @Nullable Object> written,
            Discovering.@Nullable Found found,
            @Nullable String registration,
            String by) {
        var row = new ProviderTable.Row(
                id,
                ProviderTable.NEW,
                null,
                found == null ? null : found.resource(),
                found == null ? null : found.definition(),
                registration,
                written,
                false,
                0,
                by,
                Instant.EPOCH,
                null);
        var _ = configured.provider(row, null);
        return row;
    }

    private static boolean saysPkce(Map<String, @Nullable Object> written) {
        return written.get("authorization") instanceof Map<?, ?> map && map.get("pkce") instanceof Boolean;
    }

    private Mono<Stored> put(ProviderTable.Row wanted, SecretChange change, ProviderTable.@Nullable Row before) {
        var id = wanted.id();
        var by = wanted.changedBy();
        var provider = configured.provider(wanted, null);
        boolean has = switch (change) {
            case SecretChange.Put _ -> true;
            case SecretChange.Remove _ -> false;
            case SecretChange.Keep _ -> before != null && before.hasClientSecret();
        };
        if (provider instanceof ApiKeyProvider && change instanceof SecretChange.Put) {
            throw new InvalidProvider("client.secret is no field of a provider of that kind");
        }
        if (has && change instanceof SecretChange.Keep && before != null && !staysWhereItWas(before, provider)) {
            throw new InvalidProvider("client.secret must be sent again, since it would go to another client or URL");
        }
        if (!has
                && wanted.registration() == null
                && provider instanceof OAuthProvider oauth
                && oauth.token().secretRequired()) {
            throw new InvalidProvider("client.secret is required");
        }
        var row = new ProviderTable.Row(
                id,
                ProviderTable.NEW,
                provider instanceof OAuthProvider oauth ? oauth.issuer() : null,
                wanted.resource(),
                wanted.found(),
                wanted.registration(),
                wanted.written(),
                has,
                0,
                by,
                Instant.EPOCH,
                null);
        long seen = before == null ? 0 : before.revision();
        return audit.append(AuditEvent.of(AuditAction.PROVIDER_CHANGED, AuditOutcome.BEGUN)
                        .by(by, null)
                        .on(id.name(), null)
                        .detail(change instanceof SecretChange.Put ? "with a client secret" : null))
                .then(Mono.defer(() -> seal(id, change)))
                .flatMap(toWrite -> database.transaction(connection -> table.put(connection, row, seen)
                        .flatMap(stored ->
                                secret(connection, id, change, toWrite).thenReturn(stored))))
                .flatMap(stored ->
                        released(before, wanted.registration()).thenReturn(new Stored(stored, before == null)))
                .switchIfEmpty(Mono.error(ProviderChanges::conflict));
    }

    /// Gives up the client that is registered for a provider that was there, if nobody has it any more.
    private Mono<Void> released(ProviderTable.@Nullable Row before, @Nullable String now) {
        var registration = before == null ? null : before.registration();
        return registration == null || registration.equals(now)
                ? Mono.empty()
                : table.ofRegistration(registration)
                        .filter(users -> users == 0)
                        .flatMap(_ -> clients.get().release(registration));
    }

    /// Takes it away; with its connections ended, it is gone, and its secret. Emits nothing when there is none.
    Mono<Removal> remove(ProviderId id, String by) {
        requireNotOfFile(id);
        return table.find(id)
                .flatMap(row -> row.removedAt() != null
                        ? Mono.just(Removal.BEGUN)
                        : audit.append(AuditEvent.of(AuditAction.PROVIDER_REMOVED, AuditOutcome.BEGUN)
                                        .by(by, null)
                                        .on(id.name(), null))
                                .then(Mono.defer(
                                        () -> database.transaction(connection -> takeAway(connection, row, by))))
                                .flatMap(removal -> switch (removal) {
                                    case DONE -> released(row, null).thenReturn(removal);
                                    case BEGUN ->
                                        Mono.fromSupplier(() -> {
                                            removals.begun();
                                            return removal;
                                        });
                                }));
    }

    private Mono<Removal> takeAway(Connection connection, ProviderTable.Row row, String by) {
        return table.takeAway(connection, row.instance())
                .filter(taken -> taken)
                .switchIfEmpty(Mono.error(ProviderChanges::conflict))
                .flatMap(_ -> removals.begin(connection, row.id(), row.instance(), by))
                .flatMap(left -> left == 0
                        ? removed.drop(connection, row.id()).thenReturn(Removal.DONE)
                        : Mono.just(Removal.BEGUN));
    }

    private Mono<Optional<SealedSecret>> seal(ProviderId id, SecretChange change) {
        var label = ConfiguredProviders.label(id);
        return change instanceof SecretChange.Put(var secret)
                ? secrets.version(label)
                        .flatMap(version -> secrets.seal(label, version + 1, secret))
                        .map(Optional::of)
                : Mono.just(Optional.empty());
    }

    private Mono<Void> secret(
            Connection connection, ProviderId id, SecretChange change, Optional<SealedSecret> toWrite) {
        if (toWrite.isPresent()) {
            return secrets.write(connection, toWrite.get())
                    .flatMap(written -> written ? Mono.empty() : Mono.error(ProviderChanges::conflict));
        }
        return change instanceof SecretChange.Keep
                ? Mono.empty()
                : secrets.shredOwner(connection, SecretLabel.TENANT, ConfiguredProviders.owner(id))
                        .then();
    }

    /// Whether a secret that was given for the one would go nowhere else by the other: who may change providers
    /// is not to learn secrets that others stored.
    private boolean staysWhereItWas(ProviderTable.Row before, Provider provider) {
        try {
            return configured.provider(before, null) instanceof OAuthProvider old
                    && provider instanceof OAuthProvider now
                    && old.clientId().equals(now.clientId())
                    && old.token().url().equals(now.token().url())
                    && old.token().refreshUrl().equals(now.token().refreshUrl())
                    && (now.revocation() == null
                            || (old.revocation() != null
                                    && old.revocation()
                                            .url()
                                            .equals(now.revocation().url())));
        } catch (InvalidProvider e) {
            return false;
        }
    }

    private void requireNotOfFile(ProviderId id) {
        if (file.find(id).isPresent()) {
            throw new ProblemException(HttpStatus.CONFLICT, "the provider " + id + " is defined in the file");
        }
    }

    private static ProblemException conflict() {
        return new ProblemException(HttpStatus.CONFLICT, "the provider was changed by somebody else meanwhile");
    }

    /// Takes the secret out of what is stored and shown.
    private static SecretChange takeSecret(Map<String, @Nullable Object> written) {
        if (!(written.get("client") instanceof Map<?, ?> given)) {
            return new SecretChange.Keep();
        }
        var client = new LinkedHashMap<String, @Nullable Object>(Definition.cast(given));
        if (client.containsKey(Definition.REGISTRATION)) {
            throw new InvalidProvider("client." + Definition.REGISTRATION + " is no field of a provider");
        }
        if (client.containsKey("secretFile")) {
            throw new InvalidProvider("client.secretFile is for the file of providers only");
        }
        boolean sent = client.containsKey("secret");
        var secret = client.remove("secret");
        written.put("client", client);
        if (!sent) {
            return new SecretChange.Keep();
        }
        return switch (secret) {
            case null -> new SecretChange.Remove();
            case String text
            when text.matches("[\\x21-\\x7E]{1," + MAX_SECRET + "}") -> new SecretChange.Put(Secret.of(text));
            default -> throw new InvalidProvider("client.secret must be 1 to " + MAX_SECRET + " visible characters");
        };
    }
}
