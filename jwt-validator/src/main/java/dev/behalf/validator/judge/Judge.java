package dev.behalf.validator.judge;

import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.jose.VerifiedJwt;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.validator.jwks.IssuerKeys;
import dev.behalf.validator.jwks.KeysUnavailable;
import dev.behalf.validator.jwks.Workers;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Judges a token for a host. The order: is it a token at all, whose could it be here, did they sign it, does
/// it hold now, who is the user, may they.
///
/// The key comes from the key set of a provider that is registered for this host, whose issuer is the token's:
/// never from the token, never from another provider.
@Singleton
public final class Judge {

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final List<String> CHECKS = List.of(
            "provider view",
            "form",
            "host",
            "issuer",
            "audience",
            "algorithm",
            "signature",
            "times",
            "user id claim",
            "email domain");

    private final ProviderFeed feed;
    private final OwnTokens own;
    private final IssuerKeys keys;
    private final JudgeSettings settings;
    private final Workers workers;
    private final Clock clock;
    private final MeterRegistry metrics;

    Judge(
            ProviderFeed feed,
            OwnTokens own,
            IssuerKeys keys,
            JudgeSettings settings,
            Workers workers,
            Clock clock,
            MeterRegistry metrics) {
        this.feed = feed;
        this.own = own;
        this.keys = keys;
        this.settings = settings;
        this.workers = workers;
        this.clock = clock;
        this.metrics = metrics;
    }

    /// Judges the token by the providers of the host or, if it is one of ours, for the resource.
    ///
    /// @param host     as [RequestHost] gives it
    /// @param resource that tokens of ours must be for; null: none of ours is accepted
    public Mono<Judgement> judge(String token, String host, @Nullable String resource) {
        return judge(token, resource, () -> ofHost(host));
    }

    /// Judges the token by that provider alone.
    ///
    /// @param provider `namespace/name`
    /// @param host     as [RequestHost] gives it; the provider must be registered for it. Null: for whichever
    ///                 it is
    public Mono<Judgement> judgeBy(String token, String provider, @Nullable String host) {
        return judge(token, null, () -> ofKey(provider, host));
    }

    private List<ProviderState> ofHost(String host) {
        var all = feed.now().forHost(host);
        if (all.isEmpty()) {
            throw Refusal.invalid("no identity provider is registered for this host", Refusal.SHORTLY);
        }
        return all;
    }

    private List<ProviderState> ofKey(String provider, @Nullable String host) {
        var state = feed.now().byKey(provider);
        if (state == null) {
            throw Refusal.invalid("the identity provider is not known here yet", Refusal.SHORTLY);
        }
        if (host != null && !host.equals(state.host())) {
            throw Refusal.invalid("the identity provider is registered for another host", Refusal.SHORTLY);
        }
        return List.of(state);
    }

    private Mono<Judgement> judge(String token, @Nullable String resource, Supplier<List<ProviderState>> candidates) {
        return Mono.defer(() -> {
                    var judging = new Judging();
                    return Mono.defer(() -> judging.judge(token, resource, candidates))
                            .subscribeOn(workers.judging())
                            .onErrorResume(judging::refuse)
                            .map(judging::ended);
                })
                .doOnNext(judgement -> metrics.counter(
                                "behalf.verdicts",
                                "outcome",
                                judgement.verdict().getClass().getSimpleName())
                        .increment());
    }

    /// One token on its way.
    private final class Judging {

        private final Steps steps = new Steps(CHECKS);
        private @Nullable ProviderState provider;

        Mono<Verdict> judge(String token, @Nullable String resource, Supplier<List<ProviderState>> candidates) {
            begin("provider view");
            if (!feed.isReady()) {
                return Mono.just(new Verdict.Unavailable("the identity providers are not known yet", SOON));
            }
            pass("the view is whole");
            begin("form");
            var jwt = parse(token);
            pass("a signed JWT, " + jwt.algorithm() + ", kid " + shown(jwt.keyId()));
            if (resource != null && own.claims(jwt)) {
                steps.goOnWith(OwnTokens.CHECKS);
                return own.judge(jwt, resource, steps);
            }
            begin("host");
            var registered = candidates.get();
            pass("registered for: "
                    + registered.stream().map(ProviderState::key).sorted().toList());
            begin("issuer");
            var chosen = choose(jwt, registered);
            begin("algorithm");
            if (!chosen.algorithms().isEmpty() && !isAllowed(jwt, chosen)) {
                throw Refusal.invalid("the algorithm is not accepted", Refusal.WHILE_UNCHANGED);
            }
            pass(jwt.algorithm().name());
            begin("signature");
            return prove(jwt, chosen).map(verified -> decide(verified, chosen));
        }

        private RawJwt parse(String token) {
            try {
                return RawJwt.parse(token);
            } catch (InvalidJwt e) {
                throw Refusal.invalid(String.valueOf(e.getMessage()), Refusal.FOR_GOOD);
            }
        }

        /// The provider whose issuer the token names. There may be several with audiences of their own; a token
        /// for more than one is judged by the one whose key comes first, so that every replica says the same.
        private ProviderState choose(RawJwt jwt, List<ProviderState> candidates) {
            if (!(jwt.unprovedClaims().get("iss") instanceof String issuer)) {
                throw Refusal.invalid("the token has no issuer", Refusal.FOR_GOOD);
            }
            var ofIssuer = candidates.stream()
                    .filter(one -> one.isIssuer(issuer))
                    .sorted(Comparator.comparing(ProviderState::key))
                    .toList();
            if (ofIssuer.isEmpty()) {
                throw Refusal.invalid("the issuer is not trusted for this host", Refusal.SHORTLY);
            }
            pass("trusted for this host");
            begin("audience");
            boolean isOnlyOne = ofIssuer.size() == 1;
            if (isOnlyOne) {
                provider = ofIssuer.getFirst();
            }
            var audiences = Audiences.of(jwt.unprovedClaims());
            var match = ofIssuer.stream()
                    .filter(one -> Audiences.match(audiences, one.audiences()))
                    .findFirst()
                    .orElseThrow(() -> Refusal.invalid(
                            "the audience is not accepted", isOnlyOne ? Refusal.WHILE_UNCHANGED : Refusal.SHORTLY));
            provider = match;
            if (match.audiences().isEmpty()) {
                if (settings.requireAudiences()) {
                    throw Refusal.invalid("the identity provider names no audience", Refusal.WHILE_UNCHANGED);
                }
                metrics.counter("behalf.verdicts.audience.unchecked", "provider", match.key())
                        .increment();
                pass("NOT CHECKED: the identity provider " + match.key() + " names no audience");
            } else {
                pass("accepted by " + match.key());
            }
            return match;
        }

        private Mono<VerifiedJwt> prove(RawJwt jwt, ProviderState by) {
            return keys.of(by)
                    .flatMap(first -> verify(first, jwt)
                            .switchIfEmpty(Mono.defer(() -> again(jwt, by, first))
                                    .flatMap(second -> verify(second, jwt)
                                            .switchIfEmpty(Mono.error(() -> unproved(second, jwt))))))
                    .switchIfEmpty(Mono.error(() -> Refusal.invalid("no key of the issuer fits", Refusal.SHORTLY)));
        }

        private Mono<KeySet> again(RawJwt jwt, ProviderState by, KeySet first) {
            return first.mayHold(jwt.keyId()) ? keys.forWrongSignature(by) : keys.forUnknownId(by);
        }

        private Mono<VerifiedJwt> verify(KeySet set, RawJwt jwt) {
            return Mono.justOrEmpty(set.verify(jwt));
        }

        private Refusal unproved(KeySet set, RawJwt jwt) {
            return set.mayHold(jwt.keyId())
                    ? Refusal.invalid("the signature is not valid", Refusal.BRIEFLY)
                    : Refusal.invalid("the key that signed the token is not known", Refusal.SHORTLY);
        }

        private Verdict decide(VerifiedJwt jwt, ProviderState by) {
            var claims = jwt.claims();
            pass("valid");
            begin("times");
            Instant expiresAt = Times.check(claims, clock.instant(), settings.clockSkew());
            pass("good until " + expiresAt);
            begin("user id claim");
            var user = UserId.claim(claims, by.userIdClaim());
            var userId = UserId.forHeader(user);
            pass("the user is " + userId);
            begin("email domain");
            EmailDomain.check(claims, user, by.allowedDomains());
            pass(by.allowedDomains().isEmpty() ? "any" : "allowed");
            return new Verdict.Accepted(userId, by.issuer(), by.key(), by.revision(), expiresAt);
        }

        private Mono<Verdict> refuse(Throwable fault) {
            return switch (fault) {
                case Refusal no ->
                    Mono.just(new Verdict.Refused(
                            no.isForbidden(), String.valueOf(no.getMessage()), provider, no.cacheFor()));
                case KeysUnavailable away ->
                    Mono.just(new Verdict.Unavailable(String.valueOf(away.getMessage()), away.retryAfter()));
                case RejectedExecutionException _ ->
                    Mono.just(new Verdict.Unavailable("too many tokens are being judged", SOON));
                default -> Mono.error(fault);
            };
        }

        private Judgement ended(Verdict verdict) {
            switch (verdict) {
                case Verdict.Accepted _, Verdict.Delegated _ -> {}
                case Verdict.Refused no -> steps.fail(no.detail());
                case Verdict.Unavailable no -> steps.fail(no.detail());
            }
            return new Judgement(verdict, steps.done());
        }

        private void begin(String name) {
            steps.begin(name);
        }

        private void pass(String detail) {
            steps.pass(detail);
        }

        private boolean isAllowed(RawJwt jwt, ProviderState by) {
            var name = jwt.algorithm().name();
            boolean ed25519 = name.equals("EdDSA") || name.equals("Ed25519");
            return by.algorithms().contains(name)
                    || (ed25519
                            && (by.algorithms().contains("EdDSA")
                                    || by.algorithms().contains("Ed25519")));
        }

        private static String shown(@Nullable String keyId) {
            return keyId == null ? "absent" : keyId.replaceAll("[^A-Za-z0-9._=+/-]", "?");
        }
    }
}
