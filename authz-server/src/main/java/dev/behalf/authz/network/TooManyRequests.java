package dev.behalf.authz.network;

import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;

/// Ends a request to an OAuth endpoint with 429 and `Retry-After`, in the form of its other errors.
public final class TooManyRequests extends RuntimeException {

    private final Duration wait;

    /// @param why  for developers; quotes nothing
    /// @param wait until a further request makes sense
    public TooManyRequests(String why, Duration wait) {
        super(why, null, false, false);
        this.wait = wait;
    }

    /// Answers it.
    @Singleton
    static final class Handler implements ExceptionHandler<TooManyRequests, HttpResponse<?>> {
        @Override
        public HttpResponse<?> handle(@SuppressWarnings("rawtypes") HttpRequest request, TooManyRequests refused) {
            var body = new LinkedHashMap<String, Object>();
            body.put("error", "temporarily_unavailable");
            body.put("error_description", String.valueOf(refused.getMessage()));
            return HttpResponse.status(HttpStatus.TOO_MANY_REQUESTS)
                    .contentType(MediaType.APPLICATION_JSON_TYPE)
                    .header("Cache-Control", "no-store")
                    .header("Retry-After", Long.toString(Math.max(1, refused.wait.toSeconds())))
                    .body(Json.write(body));
        }
    }
}
