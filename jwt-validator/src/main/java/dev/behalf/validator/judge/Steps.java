package dev.behalf.validator.judge;

import dev.behalf.validator.judge.Judgement.Outcome;
import java.util.ArrayList;
import java.util.List;

/// What became of each check of one judging, so far.
final class Steps {

    private final List<Judgement.Step> done = new ArrayList<>();
    private List<String> checks;
    private String check;

    /// @param checks the names of all, in their order
    Steps(List<String> checks) {
        this.checks = checks;
        this.check = checks.getFirst();
    }

    /// The checks to come are these.
    void goOnWith(List<String> others) {
        checks = others;
        check = others.getFirst();
    }

    void begin(String name) {
        check = name;
    }

    void pass(String detail) {
        done.add(new Judgement.Step(check, Outcome.PASSED, detail));
    }

    /// The check fails; those behind it are skipped.
    void fail(String detail) {
        done.add(new Judgement.Step(check, Outcome.FAILED, detail));
        checks.subList(checks.indexOf(check) + 1, checks.size())
                .forEach(next -> done.add(new Judgement.Step(next, Outcome.SKIPPED, "not reached")));
    }

    List<Judgement.Step> done() {
        return done;
    }
}
