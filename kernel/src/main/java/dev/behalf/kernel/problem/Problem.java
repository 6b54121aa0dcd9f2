package dev.behalf.kernel.problem;

import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpStatus;
import io.micronaut.serde.annotation.Serdeable;
import java.util.LinkedHashMap;

/// A failure as the client sees it (RFC 9457). It holds no token, claim, secret, or name of a library.
///
/// @param error  the same text as `detail`, first, for clients that know `{"error": "…"}` only
/// @param type   `urn:behalf:problem:` and a word for the kind of problem
/// @param title  the HTTP reason phrase
/// @param status the HTTP status code
/// @param detail what is wrong with this very request, in one sentence without a full stop
@Serdeable
public record Problem(String error, String type, String title, int status, String detail) {

    /// The media type of the body.
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final String TYPE_PREFIX = "urn:behalf:problem:";

    /// @param kind a word such as `invalid-token`, appended to `urn:behalf:problem:`
    public static Problem of(HttpStatus status, String kind, String detail) {
        return new Problem(detail, TYPE_PREFIX + kind, status.getReason(), status.getCode(), detail);
    }

    /// A problem whose kind is just its status, such as `not-found`.
    public static Problem of(HttpStatus status, String detail) {
        return of(status, status.getReason().toLowerCase(java.util.Locale.ROOT).replace(' ', '-'), detail);
    }

    /// The body as bytes, for those who answer without a framework.
    public byte[] toJson() {
        var members = new LinkedHashMap<String, Object>();
        members.put("error", error);
        members.put("type", type);
        members.put("title", title);
        members.put("status", status);
        members.put("detail", detail);
        return Json.write(members);
    }
}
