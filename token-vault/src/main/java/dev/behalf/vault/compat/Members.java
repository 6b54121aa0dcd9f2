package dev.behalf.vault.compat;

import dev.behalf.kernel.problem.ProblemException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The members of a request.
record Members(Map<String, @Nullable Object> json) {

    private static final int LONGEST = 16_384;

    String grantType() {
        var said = optional("grant_type");
        return said == null ? "authorization_code" : said;
    }

    String accessToken() {
        return required("access_token");
    }

    /// @throws ProblemException 400 when it is not there
    String required(String name) {
        var value = optional(name);
        if (value == null) {
            throw ProblemException.badRequest(name + " is required");
        }
        return value;
    }

    @Nullable
    String optional(String name) {
        return switch (json.get(name)) {
            case null -> null;
            case String text when !text.isBlank() && text.length() <= LONGEST -> text;
            default -> throw ProblemException.badRequest(name + " must be a text of 1 to " + LONGEST + " characters");
        };
    }
}
