package dev.behalf.authz.client;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The JSON object in the body of a request to `/oauth/register`.
final class RegistrationBody {

    private static final int MAX_BYTES = 16 * 1024;

    private RegistrationBody() {}

    /// @throws dev.behalf.authz.oauth.OAuthError `invalid_client_metadata` when it is none
    /// @throws RegistrationRefused 413 when it is too large
    static Map<String, @Nullable Object> read(HttpRequest<byte[]> request) {
        boolean json = request.getContentType()
                .map(type -> type.getName().equalsIgnoreCase(MediaType.APPLICATION_JSON))
                .orElse(true);
        if (!json || request.getHeaders().contains("Content-Encoding")) {
            throw MetadataRules.invalid("the body must be application/json");
        }
        var body = request.getBody().orElseGet(() -> new byte[0]);
        if (body.length > MAX_BYTES) {
            throw RegistrationRefused.tooLarge(MAX_BYTES);
        }
        try {
            return Json.readObject(body);
        } catch (InvalidJson e) {
            throw MetadataRules.invalid("the body must be a JSON object: " + e.getMessage());
        }
    }
}
