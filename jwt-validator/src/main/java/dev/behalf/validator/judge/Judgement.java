package dev.behalf.validator.judge;

import java.util.List;

/// A verdict and the checks that led to it.
///
/// @param steps in the order in which they were made; the last one decided
public record Judgement(Verdict verdict, List<Step> steps) {

    /// One check.
    ///
    /// @param check   its name
    /// @param passed  whether it let the token through
    /// @param detail  what was found, for operators; of the token it shows issuer, key id, algorithm, audience and
    ///                times only
    public record Step(String check, boolean passed, String detail) {}

    public Judgement {
        steps = List.copyOf(steps);
    }
}
