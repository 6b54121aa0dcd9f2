package dev.behalf.vault.upstream;

import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.provider.AuthorizationEndpoint;
import java.net.URI;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// What differs from one authorization request to the next.
///
/// @param state         comes back with the answer
/// @param codeChallenge of the verifier (RFC 7636 §4.2), by [#challenge]
/// @param redirectUri   registered at the provider
/// @param scopes        in order; empty: the provider's standard ones
/// @param incremental   whether the scopes are added to those that were granted before
/// @param extra         further parameters, such as `login_hint`; those of the protocol are refused
public record AuthorizationParameters(
        String state,
        String codeChallenge,
        URI redirectUri,
        Set<String> scopes,
        boolean incremental,
        Map<String, String> extra) {

    private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");
    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    /// @throws IllegalArgumentException when a value is unfit, or an extra parameter is one of the protocol
    public AuthorizationParameters {
        if (state.isEmpty() || !CHALLENGE.matcher(codeChallenge).matches()) {
            throw new IllegalArgumentException("a state and an S256 code challenge are required");
        }
        for (var name : extra.keySet()) {
            if (AuthorizationEndpoint.RESERVED.contains(name)) {
                throw new IllegalArgumentException(name + " is a parameter of the protocol");
            }
        }
        scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
        extra = Map.copyOf(extra);
    }

    /// Whether it is a code verifier (RFC 7636 §4.1).
    public static boolean isVerifier(String text) {
        return VERIFIER.matcher(text).matches();
    }

    /// Whether it can be the S256 challenge of one.
    public static boolean isChallenge(String text) {
        return CHALLENGE.matcher(text).matches();
    }

    /// The S256 challenge of a verifier.
    ///
    /// @throws IllegalArgumentException when it is no verifier: 43 to 128 unreserved characters
    public static String challenge(String codeVerifier) {
        if (!VERIFIER.matcher(codeVerifier).matches()) {
            throw new IllegalArgumentException("a code verifier has 43 to 128 unreserved characters");
        }
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(codeVerifier).bytes());
    }
}
