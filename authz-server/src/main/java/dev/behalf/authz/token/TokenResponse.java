package dev.behalf.authz.token;

import dev.behalf.kernel.secret.Secret;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A good answer of the token endpoint (RFC 6749 §5.1).
///
/// @param refreshToken    or null
/// @param idToken         or null (OpenID Connect Core §3.1.3.3)
/// @param issuedTokenType or null; for token exchange (RFC 8693 §2.2.1)
record TokenResponse(
        IssuedToken access,
        @Nullable Secret refreshToken,
        @Nullable String idToken,
        @Nullable String issuedTokenType) {

    static TokenResponse of(IssuedToken access) {
        return new TokenResponse(access, null, null, null);
    }

    Map<String, Object> toJson() {
        var json = new LinkedHashMap<>(access.toJson());
        if (refreshToken != null) {
            json.put("refresh_token", refreshToken.reveal());
        }
        if (idToken != null) {
            json.put("id_token", idToken);
        }
        if (issuedTokenType != null) {
            json.put("issued_token_type", issuedTokenType);
        }
        return json;
    }

    @Override
    public String toString() {
        return "TokenResponse[" + access.scopes() + "]";
    }
}
