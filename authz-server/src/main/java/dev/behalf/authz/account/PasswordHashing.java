package dev.behalf.authz.account;

import dev.behalf.kernel.problem.ProblemException;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Works on passwords, a few at a time: each takes tens of milliseconds and megabytes. Known browsers have
/// threads of their own, so that strangers, however many, cannot keep a person from signing in where they did
/// before.
@Singleton
final class PasswordHashing {

    private static final int RETRY_AFTER_SECONDS = 2;

    private final PasswordSettings settings;
    private final Scheduler strangers;
    private final Scheduler known;
    private final Argon2id nobodys;

    PasswordHashing(PasswordSettings settings) {
        this.settings = settings;
        this.strangers = Schedulers.newBoundedElastic(settings.threads(), settings.queue(), "passwords");
        this.known = Schedulers.newBoundedElastic(settings.threads(), settings.queue(), "passwords-known");
        this.nobodys = Argon2id.ofNobody(settings.memoryKib(), settings.iterations());
    }

    /// Runs the work, or fails with 503 when too much waits already.
    <T> Mono<T> run(boolean knownBrowser, Supplier<T> work) {
        return Mono.fromSupplier(work)
                .subscribeOn(knownBrowser ? known : strangers)
                .onErrorMap(
                        RejectedExecutionException.class,
                        _ -> ProblemException.unavailable("too many people sign in at once", RETRY_AFTER_SECONDS));
    }

    Argon2id digest(String password) {
        return Argon2id.of(password, settings.memoryKib(), settings.iterations());
    }

    /// Whether it was kept at another cost than passwords are now.
    boolean isOutdated(Argon2id digest) {
        return !digest.costs(settings.memoryKib(), settings.iterations());
    }

    /// Matches no password, and takes as long to say so as any.
    Argon2id nobodys() {
        return nobodys;
    }

    @PreDestroy
    void close() {
        strangers.dispose();
        known.dispose();
    }
}
