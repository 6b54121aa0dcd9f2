package dev.behalf.authz.sweep;

import java.time.Duration;
import reactor.core.publisher.Mono;

/// What a feature deletes from time to time. Every replica does so; what one has deleted the other does not
/// find.
public interface Sweep {

    /// What it deletes, in words for the log, such as `ended sessions`.
    String what();

    /// How long from the end of one time to the next.
    Duration every();

    /// Deletes what is there now; what it emits is of no account.
    Mono<?> sweep();
}
