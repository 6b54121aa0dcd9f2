package dev.behalf.vault.registration;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/// The secrets of a registration, which are sealed together.
///
/// @param clientSecret null: a public client
/// @param accessToken  `registration_access_token` (RFC 7592 §3); null: the server gave none
record Credentials(@Nullable Secret clientSecret, @Nullable Secret accessToken) {

    static final Credentials NONE = new Credentials(null, null);

    /// The text to seal.
    Secret sealed() {
        var json = new LinkedHashMap<String, Object>();
        if (clientSecret != null) {
            json.put("client_secret", clientSecret.reveal());
        }
        if (accessToken != null) {
            json.put("registration_access_token", accessToken.reveal());
        }
        return Secret.of(Json.text(json));
    }

    static Credentials opened(Secret sealed) {
        var json = Json.readObject(sealed.reveal());
        return new Credentials(secret(json.get("client_secret")), secret(json.get("registration_access_token")));
    }

    private static @Nullable Secret secret(@Nullable Object value) {
        return value instanceof String text ? Secret.of(text) : null;
    }
}
