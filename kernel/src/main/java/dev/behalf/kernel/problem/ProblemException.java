package dev.behalf.kernel.problem;

import io.micronaut.http.HttpStatus;
import java.util.LinkedHashMap;
import java.util.Map;

/// Ends a request with a [Problem]. An expected refusal: it carries no stack trace and is not logged as an error.
public class ProblemException extends RuntimeException {

    private final transient Problem problem;
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    public ProblemException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }

    public ProblemException(HttpStatus status, String detail) {
        this(Problem.of(status, detail));
    }

    /// 400: the request is malformed; the detail names the field.
    public static ProblemException badRequest(String detail) {
        return new ProblemException(HttpStatus.BAD_REQUEST, detail);
    }

    /// 404: there is no such thing.
    public static ProblemException notFound(String detail) {
        return new ProblemException(HttpStatus.NOT_FOUND, detail);
    }

    /// 503 with `Retry-After`: what the request needs is away for now.
    ///
    /// @param retryAfterSeconds when a retry makes sense
    public static ProblemException unavailable(String detail, int retryAfterSeconds) {
        return new ProblemException(HttpStatus.SERVICE_UNAVAILABLE, detail)
                .header("Retry-After", Integer.toString(retryAfterSeconds));
    }

    /// Adds a response header and returns this.
    @com.google.errorprone.annotations.CanIgnoreReturnValue
    public ProblemException header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    public Problem problem() {
        return problem;
    }

    public Map<String, String> headers() {
        return Map.copyOf(headers);
    }
}
