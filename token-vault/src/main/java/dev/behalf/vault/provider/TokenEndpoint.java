package dev.behalf.vault.provider;

import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where codes and refresh tokens are exchanged for tokens (RFC 6749 §3.2).
///
/// @param refreshUrl      for refresh tokens; the same as `url` nearly everywhere
/// @param secretRequired  whether nothing works without a client secret, PKCE or not
/// @param headers         sent too
/// @param parameters      sent too, with codes and with refresh tokens
/// @param tokensAt        where the tokens are in the answer to a code
/// @param refreshedAt     where they are in the answer to a refresh token
/// @param errorAt         where an error code is, whatever the status
/// @param scopeSeparator  what stands between scopes in an answer; a space always does
/// @param tokenType       the type of its tokens whatever it says; null: as it says
/// @param expiryUnit      of `expires_in`
/// @param expiryIfUnsaid  how long a token is good when it does not say; null: for ever, as far as is known
public record TokenEndpoint(
        URI url,
        URI refreshUrl,
        ClientAuthentication authentication,
        BodyFormat bodyFormat,
        boolean secretRequired,
        Map<String, String> headers,
        Map<String, String> parameters,
        JsonPath tokensAt,
        JsonPath refreshedAt,
        JsonPath errorAt,
        String scopeSeparator,
        @Nullable String tokenType,
        ChronoUnit expiryUnit,
        @Nullable Duration expiryIfUnsaid,
        RefreshTokens refreshTokens,
        TokenErrors errors) {

    /// Parameters that belong to the protocol: nobody adds them to a request.
    public static final Set<String> RESERVED = Set.of(
            "grant_type",
            "code",
            "code_verifier",
            "redirect_uri",
            "refresh_token",
            "client_id",
            "client_secret",
            "client_assertion",
            "client_assertion_type",
            "scope");

    public TokenEndpoint {
        headers = Map.copyOf(headers);
        parameters = Map.copyOf(parameters);
    }
}
