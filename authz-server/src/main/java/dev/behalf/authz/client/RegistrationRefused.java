package dev.behalf.authz.client;

import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;

/// A registration is refused for another reason than its metadata.
final class RegistrationRefused extends RuntimeException {

    private final transient HttpStatus status;
    private final String error;
    private final transient Map<String, String> headers;

    private RegistrationRefused(HttpStatus status, String error, String why, Map<String, String> headers) {
        super(why, null, false, false);
        this.status = status;
        this.error = error;
        this.headers = headers;
    }

    /// The initial or registration access token is missing or not good (RFC 7592 §2; RFC 6750 §3.1).
    static RegistrationRefused unauthorized() {
        return new RegistrationRefused(
                HttpStatus.UNAUTHORIZED,
                "invalid_token",
                "the access token is missing or not valid for this registration",
                Map.of("WWW-Authenticate", "Bearer realm=\"behalf\", error=\"invalid_token\""));
    }

    static RegistrationRefused tooLarge(int maxBytes) {
        return new RegistrationRefused(
                HttpStatus.REQUEST_ENTITY_TOO_LARGE,
                "invalid_client_metadata",
                "the body is larger than " + maxBytes + " bytes",
                Map.of());
    }

    /// Answers it in the form of RFC 7591 §3.2.2.
    @Singleton
    static final class Handler implements ExceptionHandler<RegistrationRefused, HttpResponse<?>> {
        @Override
        public HttpResponse<?> handle(@SuppressWarnings("rawtypes") HttpRequest request, RegistrationRefused refused) {
            var body = new LinkedHashMap<String, Object>();
            body.put("error", refused.error);
            body.put("error_description", String.valueOf(refused.getMessage()));
            var response = HttpResponse.status(refused.status)
                    .contentType(MediaType.APPLICATION_JSON_TYPE)
                    .header("Cache-Control", "no-store")
                    .body(Json.write(body));
            refused.headers.forEach(response::header);
            return response;
        }
    }
}
