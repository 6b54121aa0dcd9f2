package dev.behalf.gateway.wire;

import dev.behalf.kernel.problem.Problem;
import io.micronaut.http.HttpStatus;

/// The gateway answers the request itself, with a problem.
///
/// @param status    the HTTP status
/// @param kind      the word of the problem's type
/// @param detail    what the client is told
/// @param challenge the `WWW-Authenticate` header, or empty
/// @param retryAfter in seconds, or 0 for none
/// @param close     whether the connection cannot go on
public record Refused(HttpStatus status, String kind, String detail, String challenge, int retryAfter, boolean close) {

    /// The message itself is broken: what follows on the connection cannot be trusted.
    public static Refused broken(HttpStatus status, String detail) {
        return new Refused(status, "bad-request", detail, "", 0, true);
    }

    /// The message was understood and is refused.
    public static Refused of(HttpStatus status, String kind, String detail) {
        return new Refused(status, kind, detail, "", 0, false);
    }

    /// What it takes to answer is away.
    public static Refused unavailable(String detail, int retryAfter) {
        return new Refused(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", detail, "", Math.max(1, retryAfter), false);
    }

    /// There is more to do than can be done; a later request may be luckier.
    public static Refused overloaded(String detail) {
        return new Refused(HttpStatus.SERVICE_UNAVAILABLE, "overloaded", detail, "", 1, false);
    }

    public Refused withChallenge(String value) {
        return new Refused(status, kind, detail, value, retryAfter, close);
    }

    public byte[] body() {
        return Problem.of(status, kind, detail).toJson();
    }
}
