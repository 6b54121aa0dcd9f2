package dev.behalf.vault.audit;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.Hmac;
import dev.behalf.vault.secret.OpenedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Digests by which tokens are recognised in the audit log. They are keyed, so that who has the log and guesses
/// a token, or has it from elsewhere, cannot tell whether it was used here. The key is one of the vault's own
/// secrets.
@Singleton
final class TokenDigests {

    private static final SecretLabel KEY = SecretLabel.of("vault", "audit", "token-digest-key");

    private final SealedSecrets secrets;
    private volatile byte @Nullable [] key;

    TokenDigests(SealedSecrets secrets) {
        this.secrets = secrets;
    }

    /// 64 hexadecimal digits.
    Mono<String> digest(Secret token) {
        return key().map(known ->
                HexFormat.of().formatHex(Hmac.sha256(known, token.reveal().getBytes(StandardCharsets.UTF_8))));
    }

    private Mono<byte[]> key() {
        return Mono.defer(() -> {
            var known = key;
            return known != null ? Mono.just(known) : load();
        });
    }

    /// The first replica makes it; the others find it.
    private Mono<byte[]> load() {
        return secrets.get(KEY)
                .switchIfEmpty(Mono.defer(() -> secrets.replace(KEY, 0, Secret.random()))
                        .then(Mono.defer(() -> secrets.get(KEY))))
                .map(OpenedSecret::value)
                .map(secret -> secret.reveal().getBytes(StandardCharsets.UTF_8))
                .doOnNext(bytes -> key = bytes);
    }
}
