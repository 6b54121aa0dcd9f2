package dev.behalf.validator.judge;

import java.util.List;

/// A verdict and the checks that led to it.
///
/// @param steps in the order in which they are made; those after a failed one are skipped
public record Judgement(Verdict verdict, List<Step> steps) {

    /// What became of a check.
    public enum Outcome {
        PASSED,
        FAILED,
        SKIPPED
    }

    /// One check.
    ///
    /// @param check   its name
    /// @param detail  what was found, for operators; of the token it shows issuer, key id, algorithm, audience and
    ///                times only
    public record Step(String check, Outcome outcome, String detail) {}

    public Judgement {
        steps = List.copyOf(steps);
    }
}
