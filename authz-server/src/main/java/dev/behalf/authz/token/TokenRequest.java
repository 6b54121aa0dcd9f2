package dev.behalf.authz.token;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The parameters of a token request. Each occurs once (RFC 6749 §3.2); an empty one counts as left out (§3.1).
///
/// @param authorization the values of the `Authorization` header
record TokenRequest(Map<String, String> parameters, List<String> authorization) {

    /// @throws OAuthError `invalid_request` when the body is not a form, or names a parameter twice
    static TokenRequest parse(byte[] body, List<String> authorization) {
        var parameters = new HashMap<String, String>();
        for (var pair : text(body).split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            var name = decode(equals < 0 ? pair : pair.substring(0, equals));
            var value = equals < 0 ? "" : decode(pair.substring(equals + 1));
            if (parameters.putIfAbsent(name, value) != null) {
                throw OAuthError.of("invalid_request", "a parameter occurs twice");
            }
        }
        parameters.values().removeIf(String::isEmpty);
        return new TokenRequest(Map.copyOf(parameters), List.copyOf(authorization));
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /// @throws OAuthError `invalid_request` when it is left out
    String required(String name) {
        return parameter(name).orElseThrow(() -> OAuthError.of("invalid_request", name + " is required"));
    }

    /// Undoes `application/x-www-form-urlencoded`.
    ///
    /// @throws OAuthError `invalid_request` when it is malformed
    static String decode(String encoded) {
        try {
            var decoded = URLDecoder.decode(encoded, StandardCharsets.UTF_8);
            if (decoded.indexOf('\uFFFD') >= 0 || decoded.chars().anyMatch(c -> c < 0x20)) {
                throw OAuthError.of("invalid_request", "a parameter holds characters that it must not");
            }
            return decoded;
        } catch (IllegalArgumentException e) {
            throw OAuthError.of("invalid_request", "the form is malformed");
        }
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw OAuthError.of("invalid_request", "the form is not UTF-8");
        }
    }

    @Override
    public String toString() {
        return "TokenRequest" + parameters.keySet();
    }
}
