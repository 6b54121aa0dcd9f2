package dev.behalf.vault.secret;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.crypto.KeyRing;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Looks at the start whether the vault has the keys of what its database holds. With none of them it does not
/// start: its keystore was lost or is another's, and what it wrote now would hide that.
@Context
final class KeysPresent {

    private static final Logger log = LoggerFactory.getLogger(KeysPresent.class);

    private final WrappedKeys wrapped;
    private final KeyRing keys;

    KeysPresent(WrappedKeys wrapped, KeyRing keys) {
        this.wrapped = wrapped;
        this.keys = keys;
    }

    /// @throws IllegalStateException when there are secrets and none of their keys
    @PostConstruct
    void check() {
        try {
            var used = wrapped.countByKey().toFuture().get();
            var missing = missing(used).toFuture().get();
            missing.forEach((id, count) ->
                    log.error("{} secrets are wrapped by the key {}, which this vault does not have", count, id));
            if (!missing.isEmpty() && missing.size() == used.size()) {
                throw new IllegalStateException("the database holds secrets that are wrapped by the keys "
                        + new TreeSet<>(used.keySet()) + ", and this vault has none of these: give it the keystore or"
                        + " the settings that it had");
            }
        } catch (ExecutionException e) {
            // That a dependency is away is no reason not to start: requests are told so until it is back.
            if (!(e.getCause() instanceof ProblemException away)) {
                throw new IllegalStateException(e.getCause());
            }
            log.warn("Whether the keys of the stored secrets are here was not checked: {}", away.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the keys were checked", e);
        }
    }

    private Mono<Map<String, Long>> missing(Map<String, Long> used) {
        return Flux.fromIterable(used.keySet())
                .filterWhen(id -> keys.has(id).map(has -> !has))
                .collectMap(id -> id, id -> Objects.requireNonNull(used.get(id)));
    }
}
