package dev.behalf.kernel.access;

import dev.behalf.kernel.oauth.Caller;
import reactor.core.publisher.Mono;

/// What a service asks of its callers beyond a good token, before any scope is looked at. A bean of this type
/// is asked for each request.
@FunctionalInterface
public interface CallerCheck {

    /// Whether the token still counts: false is 401. Fails with [dev.behalf.kernel.problem.ProblemException]
    /// (503) when that cannot be said now.
    Mono<Boolean> stillCounts(Caller caller);
}
