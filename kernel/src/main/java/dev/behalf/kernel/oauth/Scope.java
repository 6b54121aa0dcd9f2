package dev.behalf.kernel.oauth;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/// The scopes of our own management and service APIs, and the text form of scopes (RFC 6749 §3.3).
public final class Scope {

    /// List and read identity providers.
    public static final String PROVIDERS_READ = "identity-providers:read";

    /// Create, change and delete identity providers.
    public static final String PROVIDERS_WRITE = "identity-providers:write";

    /// Ask for the verdict on a user's token, and for its explanation.
    public static final String TOKENS_JUDGE = "tokens:judge";

    /// List API keys.
    public static final String API_KEYS_READ = "api-keys:read";

    /// Create, rotate and revoke API keys.
    public static final String API_KEYS_WRITE = "api-keys:write";

    /// List and read clients.
    public static final String CLIENTS_READ = "clients:read";

    /// Create, change and delete clients.
    public static final String CLIENTS_WRITE = "clients:write";

    /// List and read accounts.
    public static final String USERS_READ = "users:read";

    /// Create, change and delete accounts, and reset their passwords.
    public static final String USERS_WRITE = "users:write";

    /// List and read what users have granted.
    public static final String GRANTS_READ = "grants:read";

    /// Revoke what users have granted.
    public static final String GRANTS_WRITE = "grants:write";

    /// List the keys that sign our tokens.
    public static final String KEYS_READ = "keys:read";

    /// Rotate and retire the keys that sign our tokens.
    public static final String KEYS_WRITE = "keys:write";

    /// List the keys that the vault's data keys are wrapped by, and follow their rotation.
    public static final String VAULT_KEYS_READ = "vault-keys:read";

    /// Rotate and remove the keys that the vault's data keys are wrapped by.
    public static final String VAULT_KEYS_WRITE = "vault-keys:write";

    /// List and read the providers at which users connect accounts.
    public static final String VAULT_PROVIDERS_READ = "vault-providers:read";

    /// Create, change and remove the providers at which users connect accounts.
    public static final String VAULT_PROVIDERS_WRITE = "vault-providers:write";

    /// End all that the vault keeps of a user.
    public static final String VAULT_USERS_WRITE = "vault-users:write";

    /// Read who used whose account for what, and check that nothing is missing.
    public static final String AUDIT_READ = "audit:read";

    /// See the accounts that the user has connected, without their tokens.
    public static final String CONNECTIONS_READ = "connections:read";

    /// Get the token of an account that the user has connected, where the user lets the agent.
    public static final String CONNECTIONS_USE = "connections:use";

    /// Connect and disconnect the user's accounts, and say which agent may use them.
    public static final String CONNECTIONS_MANAGE = "connections:manage";

    /// Get the token of an account for a call that an agent makes, to put it in there; the gateway's alone.
    public static final String CONNECTIONS_INJECT = "connections:inject";

    /// Read which access tokens count no more; for services that judge them.
    public static final String REVOCATIONS_READ = "revocations:read";

    /// Exchange a caller's credential for an internal token; the gateway's alone.
    public static final String CREDENTIALS_EXCHANGE = "credentials:exchange";

    private Scope() {}

    /// Reads a space-delimited list; an empty text is no scope.
    public static Set<String> parse(String text) {
        return Arrays.stream(text.split(" "))
                .filter(scope -> !scope.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /// Writes a space-delimited list.
    public static String text(Set<String> scopes) {
        return String.join(" ", scopes);
    }
}
