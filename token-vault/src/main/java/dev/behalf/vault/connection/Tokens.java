package dev.behalf.vault.connection;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/// What a connection keeps sealed.
///
/// @param access    the access token or the pasted key
/// @param tokenType how it is shown to the provider, such as `Bearer`
/// @param refresh   the one copy of the refresh token; null: there is none
public record Tokens(
        Secret access, String tokenType, @Nullable Secret refresh) {

    /// The text to seal.
    Secret sealed() {
        var json = new LinkedHashMap<String, Object>();
        json.put("access_token", access.reveal());
        json.put("token_type", tokenType);
        if (refresh != null) {
            json.put("refresh_token", refresh.reveal());
        }
        return Secret.of(Json.text(json));
    }

    /// @throws IllegalStateException when it is no such text: a defect, since only [#sealed] makes one
    static Tokens opened(Secret sealed) {
        var json = Json.readObject(sealed.reveal());
        if (json.get("access_token") instanceof String access && json.get("token_type") instanceof String type) {
            return new Tokens(
                    Secret.of(access), type, json.get("refresh_token") instanceof String text ? Secret.of(text) : null);
        }
        throw new IllegalStateException("sealed tokens are malformed");
    }
}
