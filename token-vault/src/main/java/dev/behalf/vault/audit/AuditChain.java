package dev.behalf.vault.audit;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Follows the chain of the audit log, in bounded steps.
@Singleton
final class AuditChain {

    private static final int STEP = 1_000;
    private static final int HASH_DIGITS = 64;

    private final AuditTable table;

    AuditChain(AuditTable table) {
        this.table = table;
    }

    /// Follows it from behind an entry, as far as `limit` entries go.
    ///
    /// @param after 0 for all; else an entry that was verified before, whose stored hash counts
    Mono<Verification> verify(long after, long limit) {
        return table.head()
                .flatMap(head -> start(after, head)
                        .expand(at -> at.isOver() || at.through() - after >= limit
                                ? Mono.empty()
                                : table.links(at.through(), head.sequence(), (int)
                                                Math.min(STEP, limit - (at.through() - after)))
                                        .map(links -> at.with(links, head.hash())))
                        .last());
    }

    private Mono<Verification> start(long after, AuditTable.Head head) {
        if (after == 0) {
            return Mono.just(new Verification(0, Verification.BEGINNING, head.sequence(), emptyFault(head)));
        }
        return table.link(after)
                .map(link -> link.hash().length() == HASH_DIGITS
                        ? new Verification(after, Sha256.fromHex(link.hash()), head.sequence(), null)
                        : new Verification(after - 1, Verification.BEGINNING, head.sequence(), "it was changed"))
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no entry " + after)));
    }

    private static @org.jspecify.annotations.Nullable String emptyFault(AuditTable.Head head) {
        return head.sequence() == 0 && !head.hash().equals(Verification.BEGINNING) ? "it is missing" : null;
    }
}
