package dev.behalf.registry.provider;

import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpStatus;

/// 400: a field of the request is not as it must be. The text names the field, and never quotes its value.
final class InvalidField extends ProblemException {

    InvalidField(String field, String what) {
        super(Problem.of(HttpStatus.BAD_REQUEST, "invalid-field", field + " " + what));
    }
}
