package dev.behalf.kernel.problem;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpStatus;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The body of a request as a JSON object.
public final class JsonBody {

    private static final Pattern JSON = Pattern.compile("(?i)application/json *(;.*)?");

    private JsonBody() {}

    /// Reads the body. A request that does not say what its body is may hold JSON too; the framework has refused other
    /// well-formed types before, so only malformed ones are left to refuse here.
    ///
    /// @throws ProblemException 415 for another media type or a content coding, 400 for what is no JSON object
    public static Map<String, @Nullable Object> read(HttpHeaders headers, byte @Nullable [] body) {
        for (var type : headers.getAll("Content-Type")) {
            if (!JSON.matcher(type).matches()) {
                throw new ProblemException(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
            }
        }
        if (headers.contains("Content-Encoding")) {
            throw new ProblemException(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "the body must not be encoded");
        }
        try {
            return Json.readObject(body == null ? new byte[0] : body);
        } catch (InvalidJson e) {
            throw ProblemException.badRequest("the body must be a JSON object: " + e.getMessage());
        }
    }
}
