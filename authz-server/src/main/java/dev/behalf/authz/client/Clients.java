package dev.behalf.authz.client;

import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The configured clients. What each may do is fixed by its role in the suite; only its secret is configured.
@Singleton
public final class Clients {

    /// The client of the gateway, the only one that may exchange others' credentials.
    public static final String GATEWAY = "api-gateway";

    /// The client of operators and their tools.
    public static final String OPERATOR = "operator";

    private static final Map<String, Map<String, Set<String>>> ROLES = Map.of(
            OPERATOR,
            Map.of(
                    Audience.MANAGEMENT,
                    Set.of(Scope.PROVIDERS_READ, Scope.PROVIDERS_WRITE, Scope.API_KEYS_READ, Scope.API_KEYS_WRITE)),
            GATEWAY,
            Map.of(
                    Audience.AUTHZ_SERVER, Set.of(Scope.CREDENTIALS_EXCHANGE),
                    Audience.JWT_VALIDATOR, Set.of(Scope.TOKENS_JUDGE),
                    Audience.IDP_REGISTRY, Set.of(Scope.PROVIDERS_READ)),
            "jwt-validator",
            Map.of(Audience.IDP_REGISTRY, Set.of(Scope.PROVIDERS_READ)),
            "idp-registry",
            Map.of(Audience.JWT_VALIDATOR, Set.of(Scope.TOKENS_JUDGE)));

    /// Compared against when the client is unknown, so that the time taken tells nothing.
    private static final Sha256 NOBODY = Sha256.of("");

    private final Map<String, Client> byId;

    Clients(List<ClientSettings> settings) {
        this.byId = settings.stream().collect(Collectors.toUnmodifiableMap(ClientSettings::id, Clients::client));
    }

    /// The client of that id if the secret is its secret.
    public Optional<Client> authenticate(String id, String secret) {
        var client = byId.get(id);
        boolean matches = Sha256.of(secret).equals(client == null ? NOBODY : client.secret());
        return matches && client != null ? Optional.of(client) : Optional.empty();
    }

    /// Every scope that an operator, and so an API key, can have.
    public static Set<String> operatorScopes() {
        return java.util.Objects.requireNonNull(ROLES.get(OPERATOR)).getOrDefault(Audience.MANAGEMENT, Set.of());
    }

    private static Client client(ClientSettings settings) {
        var scopes = ROLES.get(settings.id());
        if (scopes == null) {
            throw new IllegalArgumentException("behalf.authz.clients." + settings.id() + " has no role in the suite");
        }
        return new Client(settings.id(), Sha256.of(settings.secret()), scopes);
    }
}
