package dev.behalf.authz.client;

import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.env.Environment;
import io.micronaut.context.env.PropertySource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The services of the suite and its operator. What each may do is fixed by its role in the suite; only its
/// secret is configured, as `behalf.authz.clients.<id>.secret`: at least 32 characters of high entropy, kept as
/// a digest only, never printed.
@Context
final class BuiltInClients {

    private static final String PREFIX = "behalf.authz.clients";
    private static final String VARIABLE_PREFIX = "BEHALF_AUTHZ_CLIENTS_";
    private static final int MIN_SECRET_LENGTH = 32;

    private static final Map<String, Map<String, Set<String>>> ROLES = Map.of(
            Clients.OPERATOR,
            Map.of(
                    Audience.MANAGEMENT,
                    Set.of(
                            Scope.PROVIDERS_READ,
                            Scope.PROVIDERS_WRITE,
                            Scope.API_KEYS_READ,
                            Scope.API_KEYS_WRITE,
                            Scope.CLIENTS_READ,
                            Scope.CLIENTS_WRITE,
                            Scope.USERS_READ,
                            Scope.USERS_WRITE,
                            Scope.GRANTS_READ,
                            Scope.GRANTS_WRITE,
                            Scope.KEYS_READ,
                            Scope.KEYS_WRITE,
                            Scope.VAULT_PROVIDERS_READ,
                            Scope.VAULT_PROVIDERS_WRITE,
                            Scope.VAULT_KEYS_READ,
                            Scope.VAULT_KEYS_WRITE,
                            Scope.VAULT_USERS_WRITE,
                            Scope.AUDIT_READ)),
            Clients.GATEWAY,
            Map.of(
                    Audience.AUTHZ_SERVER, Set.of(Scope.CREDENTIALS_EXCHANGE, Scope.REVOCATIONS_READ),
                    Audience.JWT_VALIDATOR, Set.of(Scope.TOKENS_JUDGE),
                    Audience.IDP_REGISTRY, Set.of(Scope.PROVIDERS_READ),
                    Audience.TOKEN_VAULT, Set.of(Scope.CONNECTIONS_INJECT)),
            "jwt-validator",
            Map.of(
                    Audience.AUTHZ_SERVER, Set.of(Scope.REVOCATIONS_READ),
                    Audience.IDP_REGISTRY, Set.of(Scope.PROVIDERS_READ)),
            "idp-registry",
            Map.of(Audience.JWT_VALIDATOR, Set.of(Scope.TOKENS_JUDGE)),
            Clients.VAULT,
            Map.of(Audience.AUTHZ_SERVER, Set.of(Scope.CLIENTS_READ, Scope.REVOCATIONS_READ)));

    private static final ClientMetadata METADATA = new ClientMetadata(
            null,
            null,
            null,
            null,
            "web",
            Set.of(),
            Set.of("client_credentials"),
            "client_secret_basic",
            Set.of(),
            null,
            null,
            ClientMetadata.DEFAULT_ID_TOKEN_ALGORITHM);

    /// People sign in at the vault's pages, which are at the issuer.
    private static ClientMetadata metadata(String id, String issuer) {
        return id.equals(Clients.VAULT)
                ? new ClientMetadata(
                        "Connected accounts",
                        null,
                        null,
                        null,
                        "web",
                        Set.of(issuer + "/connections/signed-in"),
                        Set.of("client_credentials", "authorization_code"),
                        "client_secret_basic",
                        Set.of(),
                        null,
                        null,
                        JwsAlgorithm.ES256)
                : METADATA;
    }

    private final Map<String, Client> byId;

    BuiltInClients(Environment settings, OAuthSettings oauth) {
        refuseUnknown(settings);
        var clients = new HashMap<String, Client>();
        ROLES.forEach((id, scopes) -> settings.getProperty(PREFIX + "." + id + ".secret", String.class)
                .ifPresent(secret -> clients.put(id, client(id, metadata(id, oauth.issuer()), secret, scopes))));
        this.byId = Map.copyOf(clients);
    }

    /// By id.
    Map<String, Client> byId() {
        return byId;
    }

    /// Whether the id is that of a role, filled or not.
    static boolean isRole(String id) {
        return ROLES.containsKey(id);
    }

    /// Every scope that an operator can have.
    static Set<String> operatorScopes() {
        return Objects.requireNonNull(ROLES.get(Clients.OPERATOR)).getOrDefault(Audience.MANAGEMENT, Set.of());
    }

    private static Client client(String id, ClientMetadata metadata, String secret, Map<String, Set<String>> scopes) {
        if (secret.length() < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    PREFIX + "." + id + ".secret must have at least " + MIN_SECRET_LENGTH + " characters");
        }
        return new Client(id, Client.Origin.BUILT_IN, metadata, Sha256.of(secret), scopes);
    }

    /// A misspelt id would be a client that nobody can be. Of an environment variable such as
    /// `…_API_GATEWAY_SECRET` the framework only tells `api`, so variables are judged by their own names.
    private static void refuseUnknown(Environment settings) {
        for (var source : settings.getPropertySources()) {
            if (source.getConvention() == PropertySource.PropertyConvention.ENVIRONMENT_VARIABLE) {
                source.forEach(BuiltInClients::refuseUnknownVariable);
            }
        }
        for (var entry : settings.getPropertyEntries(PREFIX)) {
            if (ROLES.keySet().stream().noneMatch(id -> (id + "-secret-file-").startsWith(entry + "-"))) {
                throw new IllegalArgumentException(PREFIX + "." + entry + " has no role in the suite");
            }
        }
    }

    private static void refuseUnknownVariable(String name) {
        if (name.startsWith(VARIABLE_PREFIX)
                && ROLES.keySet().stream()
                        .map(id -> VARIABLE_PREFIX + id.toUpperCase(Locale.ROOT).replace('-', '_') + "_SECRET")
                        .noneMatch(secret -> name.equals(secret) || name.equals(secret + "_FILE"))) {
            throw new IllegalArgumentException(name + " names a client that has no role in the suite");
        }
    }
}
