package dev.behalf.authz.client;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The secrets of clients. They are 256 random bits, or of high entropy by the operator's word, so a fast digest keeps
/// them as well as a slow one.
final class ClientSecrets {

    private ClientSecrets() {}

    /// Whether a client with those metadata proves itself by a secret.
    static boolean needed(Map<String, @Nullable Object> metadata) {
        return String.valueOf(metadata.get("token_endpoint_auth_method")).startsWith("client_secret_");
    }

    static @Nullable Sha256 digest(@Nullable Secret secret) {
        return secret == null ? null : Sha256.of(secret.reveal());
    }

    /// Compares digests, in constant time.
    static boolean matches(String shown, @Nullable Sha256 digest) {
        return digest != null && Sha256.of(shown).equals(digest);
    }
}
