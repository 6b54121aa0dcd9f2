package dev.behalf.registry.provider;

import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;

/// 404, in the words that clients know.
public final class ProviderNotFound extends ProblemException {

    private static final int MAX_SHOWN = 253;

    private ProviderNotFound(Problem problem) {
        super(problem);
    }

    static ProviderNotFound named(String name) {
        var shown = name.length() > MAX_SHOWN ? name.substring(0, MAX_SHOWN) : name;
        return new ProviderNotFound(
                Problem.of(HttpStatus.NOT_FOUND, "not-found", "identity provider \"" + shown + "\" not found"));
    }
}
