package dev.behalf.validator.verdict;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.validator.judge.RequestHost;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What is asked: a token, and for which host, by which provider, or both.
///
/// @param host     as [RequestHost] gives it
/// @param resource that tokens of our own authorization server must be for; null: none of them is accepted
record Question(
        String token,
        @Nullable String host,
        @Nullable String provider,
        @Nullable String resource) {

    private static final int MAX_RESOURCE = 2048;

    private static final Pattern PROVIDER = Pattern.compile("[A-Za-z0-9._-]{1,253}/[A-Za-z0-9._-]{1,253}");

    /// For a verdict, which is about a host always.
    ///
    /// @throws ProblemException 400 that names the member
    static Question forVerdict(byte @Nullable [] body) {
        var json = json(body);
        var question = new Question(token(json), host(json), null, resource(json));
        if (question.host == null) {
            throw ProblemException.badRequest("host is required");
        }
        if (json.containsKey("provider")) {
            throw ProblemException.badRequest("provider is for /v1/explanations only: the host decides who may vouch");
        }
        return question;
    }

    /// For an explanation, which can be about one provider.
    ///
    /// @throws ProblemException 400 that names the member
    static Question forExplanation(byte @Nullable [] body) {
        var json = json(body);
        var question = new Question(token(json), host(json), provider(json), resource(json));
        if (question.host == null && question.provider == null) {
            throw ProblemException.badRequest("host is required");
        }
        return question;
    }

    private static Map<String, @Nullable Object> json(byte @Nullable [] body) {
        try {
            return Json.readObject(body == null ? new byte[0] : body);
        } catch (InvalidJson e) {
            throw ProblemException.badRequest("the body must be a JSON object: " + e.getMessage());
        }
    }

    private static String token(Map<String, @Nullable Object> json) {
        return text(json, "token").orElseThrow(() -> ProblemException.badRequest("token is required"));
    }

    private static @Nullable String host(Map<String, @Nullable Object> json) {
        return text(json, "host")
                .map(host -> RequestHost.of(host)
                        .orElseThrow(() -> ProblemException.badRequest("host must be the name of one host")))
                .orElse(null);
    }

    private static @Nullable String provider(Map<String, @Nullable Object> json) {
        return text(json, "provider")
                .map(provider -> {
                    if (!PROVIDER.matcher(provider).matches()) {
                        throw ProblemException.badRequest("provider must be namespace/name");
                    }
                    return provider;
                })
                .orElse(null);
    }

    private static @Nullable String resource(Map<String, @Nullable Object> json) {
        return text(json, "resource")
                .map(resource -> {
                    if (resource.isEmpty() || resource.length() > MAX_RESOURCE) {
                        throw ProblemException.badRequest("resource must be a URI");
                    }
                    return resource;
                })
                .orElse(null);
    }

    private static Optional<String> text(Map<String, @Nullable Object> json, String name) {
        return switch (json.get(name)) {
            case null -> Optional.empty();
            case String text -> Optional.of(text);
            default -> throw ProblemException.badRequest(name + " must be a string");
        };
    }

    @Override
    public String toString() {
        return "Question[host=" + host + "]";
    }
}
