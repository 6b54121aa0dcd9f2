package dev.behalf.kernel.problem;

import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import jakarta.inject.Singleton;
import java.util.Locale;

/// Gives the framework's own refusals (no route, wrong method, unreadable body) the body of every other problem.
/// The framework's wording stays in the log: it may quote the request or name classes.
@Singleton
@Primary
final class ProblemErrorResponses implements ErrorResponseProcessor<Problem> {

    @Override
    public MutableHttpResponse<Problem> processResponse(ErrorContext context, MutableHttpResponse<?> response) {
        var status = HttpStatus.valueOf(response.code());
        return response.body(Problem.of(status, detail(status))).contentType(Problem.MEDIA_TYPE);
    }

    private static String detail(HttpStatus status) {
        return switch (status) {
            case BAD_REQUEST -> "the request is malformed";
            case NOT_FOUND -> "there is nothing at this path";
            case METHOD_NOT_ALLOWED -> "this method is not allowed here";
            case NOT_ACCEPTABLE -> "no acceptable representation";
            case REQUEST_ENTITY_TOO_LARGE -> "the request body is too large";
            case UNSUPPORTED_MEDIA_TYPE -> "the media type of the body is not supported";
            case INTERNAL_SERVER_ERROR -> "the request failed; the log of the service says why";
            default -> status.getReason().toLowerCase(Locale.ROOT);
        };
    }
}
