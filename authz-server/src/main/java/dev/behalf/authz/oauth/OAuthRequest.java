package dev.behalf.authz.oauth;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The parameters of a request to an OAuth endpoint, from its form or its query. Each occurs once (RFC 6749 §3.1, §3.2)
/// but for those that name several targets (RFC 8707 §2, RFC 8693 §2.1); an empty one counts as left out.
///
/// @param authorization the values of the `Authorization` header
public record OAuthRequest(Map<String, List<String>> parameters, List<String> authorization) {

    private static final Set<String> REPEATABLE = Set.of("resource", "audience");
    private static final int MAX_PARAMETERS = 64;

    public OAuthRequest {
        parameters = Map.copyOf(parameters);
        authorization = List.copyOf(authorization);
    }

    /// The form in the body of the request.
    ///
    /// @throws OAuthError `invalid_request` when the body is not a form, or names a parameter twice
    public static OAuthRequest ofForm(HttpRequest<byte[]> http) {
        var type = http.getContentType().map(MediaType::getName).orElse("");
        if (!type.equals(MediaType.APPLICATION_FORM_URLENCODED)) {
            throw OAuthError.of("invalid_request", "the body must be application/x-www-form-urlencoded");
        }
        var body = http.getBody().orElseGet(() -> new byte[0]);
        return parse(text(body), http.getHeaders().getAll("Authorization"));
    }

    /// The query of the request's URL.
    ///
    /// @throws OAuthError `invalid_request` when it is malformed, or names a parameter twice
    public static OAuthRequest ofQuery(HttpRequest<?> http) {
        var query = http.getUri().getRawQuery();
        return parse(query == null ? "" : query, http.getHeaders().getAll("Authorization"));
    }

    /// Parameters that are there already, such as those of a pushed authorization request (RFC 9126).
    public static OAuthRequest parse(String encoded, List<String> authorization) {
        var parameters = new LinkedHashMap<String, List<String>>();
        int count = 0;
        for (var pair : encoded.split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            if (++count > MAX_PARAMETERS) {
                throw OAuthError.of("invalid_request", "there are too many parameters");
            }
            int equals = pair.indexOf('=');
            var name = decode(equals < 0 ? pair : pair.substring(0, equals));
            var value = equals < 0 ? "" : decode(pair.substring(equals + 1));
            var values = parameters.computeIfAbsent(name, _ -> new ArrayList<>());
            if (!values.isEmpty() && !REPEATABLE.contains(name)) {
                throw OAuthError.of("invalid_request", "a parameter occurs twice");
            }
            values.add(value);
        }
        parameters.values().forEach(values -> values.removeIf(String::isEmpty));
        parameters.values().removeIf(List::isEmpty);
        return new OAuthRequest(parameters, authorization);
    }

    /// The value of a parameter that occurs once.
    public Optional<String> parameter(String name) {
        var values = all(name);
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
    }

    /// Every value of a parameter that may be repeated.
    public List<String> all(String name) {
        return parameters.getOrDefault(name, List.of());
    }

    /// @throws OAuthError `invalid_request` when it is left out
    public String required(String name) {
        return parameter(name).orElseThrow(() -> OAuthError.of("invalid_request", name + " is required"));
    }

    /// Undoes `application/x-www-form-urlencoded`.
    ///
    /// @throws OAuthError `invalid_request` when it is malformed
    public static String decode(String encoded) {
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
        return "OAuthRequest" + parameters.keySet();
    }
}
