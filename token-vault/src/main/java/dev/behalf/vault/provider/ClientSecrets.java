package dev.behalf.vault.provider;

import dev.behalf.kernel.secret.Secret;
import reactor.core.publisher.Mono;

/// The secrets that providers gave the operator. They are opened when they are used, not before.
public interface ClientSecrets {

    /// The secret, or nothing when the client has none. Fails with [dev.behalf.vault.crypto.NotDecryptable]
    /// when what is stored does not open, and with [ClientSecretUnreadable] when its file cannot be read.
    Mono<Secret> of(OAuthProvider provider);
}
