package dev.behalf.gateway.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.kernel.oauth.ServiceTokens;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.kernel.revocation.RevocationFeed;
import dev.behalf.kernel.secret.Sha256;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The verdicts that this gateway remembers, under the digest of the token and the host, and the questions it has
/// open.
///
/// A verdict is used only while this gateway's own view of the registry agrees with the revision it was reached
/// under; an answer of a validator whose view is behind is not used but asked for again.
///
/// A validator that is away or hangs harms nobody whose verdict is known and not too old: the first to ask waits
/// [VerdictSettings#patience], and until it answers again the others do not wait at all.
@Singleton
public final class Verdicts {

    private static final Logger log = LoggerFactory.getLogger(Verdicts.class);
    private static final int ATTEMPTS = 12;

    /// A revocation is for good; so long it is remembered without looking.
    private static final Duration REVOKED_FOR = Duration.ofSeconds(60);

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(60);

    /// A token at a host.
    ///
    /// @param resource that tokens of our own must be for; null: none of them is accepted
    public record Question(
            Sha256 token, String host, @Nullable String resource) {}

    private final VerdictSettings settings;
    private final ProviderFeed feed;
    private final RevocationFeed revocations;
    private final Clock clock;
    private final Validator validator;
    private final Cache<Question, Verdict> remembered;
    private final ConcurrentMap<Question, Mono<Verdict>> open = new ConcurrentHashMap<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean answering = true;

    Verdicts(
            VerdictSettings settings,
            ProviderFeed feed,
            RevocationFeed revocations,
            ServiceTokens tokens,
            Clock clock,
            MeterRegistry metrics) {
        this.settings = settings;
        this.feed = feed;
        this.revocations = revocations;
        this.clock = clock;
        this.validator = new Validator(settings, tokens);
        this.remembered = CaffeineCacheMetrics.monitor(
                metrics,
                Caffeine.newBuilder()
                        .maximumSize(settings.most())
                        .expireAfterWrite(settings.staleFor())
                        .recordStats()
                        .build(),
                "verdicts");
    }

    /// Whether anything can be judged: the views of the registry and of the revocations are whole.
    public boolean isReady() {
        return feed.isReady() && revocations.isReady();
    }

    /// The verdict, if it may be used as it is; null when it must be asked for. Costs no cryptography and no waiting.
    public @Nullable Verdict recall(Question question) {
        return usable(remembered.getIfPresent(question));
    }

    /// Whether the remembered verdict can still be used, the very object that [#recall] returned before.
    public @Nullable Verdict usable(@Nullable Verdict verdict) {
        return switch (verdict) {
            case Verdict.Good yes -> isUsable(yes, settings.freshFor()) ? yes : null;
            case Verdict.Refused no -> no.until() > System.nanoTime() && no.view() == feed.now() ? no : null;
            case null, default -> null;
        };
    }

    /// Whether the verdict, just given, still stands: a provider may change while the answer is on its way.
    public boolean stands(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Accepted yes -> feed.now().isCurrent(yes.provider(), yes.revision());
            case Verdict.Delegated yes -> !yes.isRevoked(revocations.now());
            case Verdict.Refused no -> no.provider() == null || feed.now().isCurrent(no.provider(), no.revision());
            case Verdict.Unavailable _ -> true;
        };
    }

    /// Asks, once for all who ask the same. Never fails; emits [Verdict.Unavailable] when there is no answer.
    ///
    /// Whoever has a verdict that is not quite fresh is not kept waiting: see [#recallWhileAsking].
    public Mono<Verdict> ask(Question question, String token) {
        if (!feed.isReady()) {
            return Mono.just(new Verdict.Unavailable("the gateway is starting", 1));
        }
        var asked = join(question, token);
        if (known(question, settings.staleFor()) == null) {
            return asked;
        }
        return asked.timeout(settings.patience(), Mono.fromSupplier(() -> fallBack(question, noAnswer())));
    }

    private Verdict noAnswer() {
        answering = false;
        return new Verdict.Unavailable("the token cannot be judged now", 1);
    }

    private Mono<Verdict> join(Question question, String token) {
        return open.computeIfAbsent(question, key -> {
            if (waiting.incrementAndGet() > settings.mostWaiting()) {
                waiting.decrementAndGet();
                return Mono.<Verdict>just(new Verdict.Unavailable("too many tokens are waiting to be judged", 1))
                        .doOnSubscribe(_ -> open.remove(key));
            }
            return attempt(key, token, ATTEMPTS)
                    .timeout(settings.answerWithin(), Mono.fromSupplier(this::noAnswer))
                    .doOnNext(verdict -> remember(key, verdict))
                    .map(verdict -> fallBack(key, verdict))
                    .doOnTerminate(() -> close(key)) // before anybody has the answer
                    .cache();
        });
    }

    /// Who asks from now on is not given the same answer again.
    private void close(Question question) {
        open.remove(question);
        waiting.decrementAndGet();
    }

    /// A verdict that may be used while it is asked for again, or null.
    public @Nullable Verdict recallWhileAsking(Question question) {
        return known(question, answering ? settings.renewWithin() : settings.staleFor());
    }

    private @Nullable Verdict known(Question question, Duration atMostOld) {
        return remembered.getIfPresent(question) instanceof Verdict.Good yes && isUsable(yes, atMostOld) ? yes : null;
    }

    private boolean isUsable(Verdict.Good yes, Duration atMostOld) {
        return System.nanoTime() - yes.saidAt() < atMostOld.toNanos()
                && clock.millis() < yes.expiresAt()
                && (yes instanceof Verdict.Accepted || revocations.isCurrent())
                && stands(yes);
    }

    private void remember(Question question, Verdict verdict) {
        switch (verdict) {
            case Verdict.Good yes -> remembered.put(question, yes);
            case Verdict.Refused no -> remembered.put(question, no);
            case Verdict.Unavailable _ -> {}
        }
    }

    /// What was known before, when the validator cannot be asked.
    private Verdict fallBack(Question question, Verdict verdict) {
        var known = verdict instanceof Verdict.Unavailable ? known(question, settings.staleFor()) : null;
        return known == null ? verdict : known;
    }

    private Mono<Verdict> attempt(Question question, String token, int left) {
        return question(question, token).flatMap(verdict -> {
            if (stands(verdict)) {
                return Mono.just(verdict);
            }
            if (left == 0) {
                return Mono.just(new Verdict.Unavailable("the identity provider was changed just now", 1));
            }
            return Mono.delay(BETWEEN_ATTEMPTS).then(Mono.defer(() -> attempt(question, token, left - 1)));
        });
    }

    /// Of a revocation, this gateway may know before the validator does.
    private Verdict unlessRevoked(Verdict verdict) {
        if (!(verdict instanceof Verdict.Delegated yes)) {
            return verdict;
        }
        if (!revocations.isCurrent()) {
            return new Verdict.Unavailable("it is not known which tokens are revoked", 1);
        }
        return yes.isRevoked(revocations.now())
                ? new Verdict.Refused(
                        false, "the token was revoked", null, 0, System.nanoTime() + REVOKED_FOR.toNanos(), feed.now())
                : yes;
    }

    private Mono<Verdict> question(Question question, String token) {
        return validator
                .judge(question, token, feed.now())
                .doOnNext(_ -> answering = true)
                .map(this::unlessRevoked)
                .onErrorResume(fault -> {
                    if (!(fault instanceof HttpCallFailed)) {
                        log.error("The validator's answer could not be read", fault);
                    }
                    return Mono.just(noAnswer());
                });
    }
}
