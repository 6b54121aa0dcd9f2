package dev.behalf.registry.provider;

import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpStatus;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `If-Match` and `If-None-Match` of a change (RFC 9110 §13.1). The entity tag of a provider is its revision.
///
/// @param match     the tags of `If-Match`, `*`, or null when there is none
/// @param noneMatch the same of `If-None-Match`
record Precondition(@Nullable String match, @Nullable String noneMatch) {

    static Precondition of(HttpHeaders headers) {
        return new Precondition(joined(headers, "If-Match"), joined(headers, "If-None-Match"));
    }

    /// Whether one who asks with `If-None-Match` has this revision already (weak comparison, RFC 9110 §13.1.2).
    static boolean isKnown(HttpHeaders headers, long revision) {
        var tags = joined(headers, "If-None-Match");
        return tags != null && (tags.equals("*") || names(tags.replace("W/", ""), revision));
    }

    static String entityTag(long revision) {
        return "\"" + revision + "\"";
    }

    /// @throws ProblemException 412 when the stored state is not what the client expects
    void check(Optional<StoredProvider> stored) {
        if ((match != null && !holds(match, stored)) || (noneMatch != null && holds(noneMatch, stored))) {
            throw new ProblemException(HttpStatus.PRECONDITION_FAILED, "the identity provider has another revision");
        }
    }

    private static boolean holds(String tags, Optional<StoredProvider> stored) {
        return stored.isPresent()
                && (tags.equals("*") || names(tags, stored.get().state().revision()));
    }

    private static boolean names(String tags, long revision) {
        var tag = entityTag(revision);
        return Arrays.stream(tags.split(",")).anyMatch(one -> one.strip().equals(tag));
    }

    private static @Nullable String joined(HttpHeaders headers, String name) {
        var all = headers.getAll(name);
        return all.isEmpty() ? null : String.join(",", all).strip();
    }
}
