package dev.behalf.vault.registration;

import dev.behalf.vault.provider.ClientAuthentication;
import dev.behalf.vault.secret.SecretLabel;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What is known of the vault's registration at an issuer, without its secrets.
///
/// @param endpoint        where clients register there
/// @param wanted          how clients show their secret there, by the names of RFC 7591; the first is preferred
/// @param scope           asked for; null: none in particular
/// @param clientId        null: there is no client yet
/// @param authentication  how the client shows its secret
/// @param managementUrl   `registration_client_uri` (RFC 7592 §3); null: the server does not let clients manage
/// @param metadata        what the server said last, without secrets
/// @param secretExpiresAt from this instant on the client's secret is none; null: never
/// @param lost            whether the server has refused the client since
/// @param registeredAt    null: not yet
/// @param obstacle        why the last attempt failed, in words of ours; null: it did not
/// @param notBefore       when the next attempt may be made; null: now
/// @param version         counts what was stored, from 0
record Registration(
        UUID id,
        String issuer,
        URI endpoint,
        String wanted,
        @Nullable String scope,
        @Nullable String clientId,
        ClientAuthentication authentication,
        @Nullable URI managementUrl,
        Map<String, @Nullable Object> metadata,
        @Nullable Instant secretExpiresAt,
        boolean lost,
        @Nullable Instant registeredAt,
        @Nullable String obstacle,
        @Nullable Instant notBefore,
        long version) {

    /// A secret that ends sooner than this is not begun with: users would come back too late.
    private static final Duration MARGIN = Duration.ofMinutes(15);

    /// Whether users can be sent there with it now.
    boolean isUsableAt(Instant now) {
        return clientId != null && !lost && !isExpiredAt(now);
    }

    boolean isExpiredAt(Instant now) {
        return secretExpiresAt != null && !now.plus(MARGIN).isBefore(secretExpiresAt);
    }

    boolean mayTryAt(Instant now) {
        return notBefore == null || !now.isBefore(notBefore);
    }

    /// The place of its secrets.
    SecretLabel label() {
        return SecretLabel.of(owner(), owner(), "credentials");
    }

    String owner() {
        return "registration/" + id;
    }
}
