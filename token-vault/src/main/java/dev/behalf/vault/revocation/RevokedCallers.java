package dev.behalf.vault.revocation;

import dev.behalf.kernel.access.CallerCheck;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.revocation.RevocationFeed;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Lets nobody in by a token that was revoked, by itself, with its grant or with its client; and nobody at all
/// while it is not known which were.
@Singleton
final class RevokedCallers implements CallerCheck {

    private final RevocationFeed revocations;

    RevokedCallers(RevocationFeed revocations) {
        this.revocations = revocations;
    }

    @Override
    public Mono<Boolean> stillCounts(Caller caller) {
        return Mono.fromSupplier(() -> {
            if (!revocations.isCurrent()) {
                throw new ProblemException(Problem.of(
                                HttpStatus.SERVICE_UNAVAILABLE,
                                "unavailable",
                                "it is not known which tokens are revoked"))
                        .header("Retry-After", "2");
            }
            return !revocations
                    .now()
                    .cover(
                            caller.grant(),
                            caller.tokenId(),
                            caller.clientId(),
                            caller.issuedAt().getEpochSecond());
        });
    }
}
