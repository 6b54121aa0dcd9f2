package dev.behalf.vault.secret;

import dev.behalf.vault.crypto.NotDecryptable;
import reactor.core.publisher.Mono;

/// Hears of every stored secret that could not be opened, before the caller does.
public interface DamageReport {

    /// @param label  of the secret
    /// @param reason why it could not be opened
    Mono<Void> undecryptable(SecretLabel label, NotDecryptable.Reason reason);
}
