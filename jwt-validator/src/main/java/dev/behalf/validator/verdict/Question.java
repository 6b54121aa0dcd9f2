package dev.behalf.validator.verdict;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.problem.ProblemException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is asked: a token, and for which host or by which provider.
record Question(
        String token, @Nullable String host, @Nullable String provider) {

    /// @throws ProblemException 400 that names the member
    static Question parse(byte @Nullable [] body) {
        Map<String, @Nullable Object> json;
        try {
            json = Json.readObject(body == null ? new byte[0] : body);
        } catch (InvalidJson e) {
            throw ProblemException.badRequest("the body must be a JSON object: " + e.getMessage());
        }
        if (!(json.get("token") instanceof String token)) {
            throw ProblemException.badRequest("token must be a string");
        }
        var host = text(json, "host");
        var provider = text(json, "provider");
        if (host == null && provider == null) {
            throw ProblemException.badRequest("host is required");
        }
        return new Question(token, host, provider);
    }

    private static @Nullable String text(Map<String, @Nullable Object> json, String name) {
        return switch (json.get(name)) {
            case null -> null;
            case String text when text.length() <= 600 -> text;
            default -> throw ProblemException.badRequest(name + " must be a string");
        };
    }

    @Override
    public String toString() {
        return "Question[host=" + host + "]";
    }
}
