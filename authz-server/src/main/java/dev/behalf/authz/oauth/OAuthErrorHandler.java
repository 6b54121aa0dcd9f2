package dev.behalf.authz.oauth;

import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;

/// Answers an [OAuthError] with its body.
@Singleton
final class OAuthErrorHandler implements ExceptionHandler<OAuthError, HttpResponse<?>> {

    @Override
    public HttpResponse<?> handle(@SuppressWarnings("rawtypes") HttpRequest request, OAuthError error) {
        var body = new LinkedHashMap<String, Object>();
        body.put("error", error.error());
        body.put("error_description", String.valueOf(error.getMessage()));
        var response = HttpResponse.status(error.status())
                .contentType(MediaType.APPLICATION_JSON_TYPE)
                .header("Cache-Control", "no-store")
                .body(Json.write(body));
        return error.challenge() ? response.header("WWW-Authenticate", "Basic realm=\"behalf\"") : response;
    }
}
