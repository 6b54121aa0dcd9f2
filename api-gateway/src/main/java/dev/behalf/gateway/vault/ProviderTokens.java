package dev.behalf.gateway.vault;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.ServiceTokens;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// The tokens of users' accounts, for calls that agents make. The vault decides about each, and nothing is
/// remembered: what a user ends is ended with the next call, and each call is in the vault's audit log.
@Singleton
public final class ProviderTokens {

    private static final Logger log = LoggerFactory.getLogger(ProviderTokens.class);
    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final int MAX_TOKEN_LENGTH = 16 * 1024;
    private static final int MAX_RETRY_AFTER_SECONDS = 3600;
    private static final Retry WITH_A_NEW_TOKEN = Retry.max(1)
            .filter(OwnTokenRefused.class::isInstance)
            .onRetryExhaustedThrow((_, _) -> new HttpCallFailed("the vault refused our token"));

    /// A call that an agent makes.
    ///
    /// @param user      whom it acts for: `sub` of its token
    /// @param agent     `client_id` of its token, by which users let agents use their accounts
    /// @param provider  whose token is wanted
    /// @param scopes    that the token must have; empty: whatever it has
    /// @param purpose   the route, for the user to read later
    /// @param requestId of the call
    public record Call(
            String user, String agent, String provider, Set<String> scopes, String purpose, String requestId) {

        private byte[] toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("user", user);
            json.put("agent", agent);
            json.put("provider", provider);
            json.put("scopes", List.copyOf(new TreeSet<>(scopes)));
            json.put("purpose", purpose);
            return Json.write(json);
        }
    }

    /// What came of it.
    public sealed interface Outcome {
        /// @param token fit for a header
        record Granted(Secret token) implements Outcome {}

        record ConsentRequired(Consent consent) implements Outcome {}

        /// The user lets the agent use several accounts there, and nobody says which is meant.
        record Ambiguous() implements Outcome {}

        record Unavailable(String detail, int retryAfterSeconds) implements Outcome {}
    }

    /// The vault does not take this gateway's own access token. A new one may do.
    private static final class OwnTokenRefused extends RuntimeException {
        OwnTokenRefused() {
            super("the vault refused our token", null, false, false);
        }
    }

    private final VaultSettings settings;
    private final ServiceTokens tokens;
    private final MeterRegistry metrics;

    /// Each has connections of its own: a provider whose refreshes hang holds up no other. There are no more
    /// than routes name.
    private final Map<String, HttpCaller> callers = new ConcurrentHashMap<>();

    private final Set<String> unknown = ConcurrentHashMap.newKeySet();

    ProviderTokens(VaultSettings settings, ServiceTokens tokens, MeterRegistry metrics) {
        this.settings = settings;
        this.tokens = tokens;
        this.metrics = metrics;
    }

    /// Asks for the token. Never fails. Whoever cancels ends the question.
    public Mono<Outcome> forCall(Call call) {
        return Mono.defer(() -> {
                    if (settings.url() == null) {
                        return Mono.<Outcome>just(new Outcome.Unavailable("there is no token vault", 60));
                    }
                    var uri = URI.create(settings.url() + "/internal/injections");
                    var http = callers.computeIfAbsent(
                            call.provider,
                            name -> HttpCaller.trusted("vault-" + name, settings.answerWithin(), MAX_ANSWER_BYTES));
                    return Mono.defer(() -> tokens.authorization(Audience.TOKEN_VAULT))
                            .flatMap(headers -> http.postJson(uri, withId(headers, call), call.toJson()))
                            .map(reply -> read(call, reply))
                            .retryWhen(WITH_A_NEW_TOKEN);
                })
                .timeout(settings.answerWithin(), Mono.fromSupplier(() -> away("it does not answer in time")))
                .onErrorResume(HttpCallFailed.class, fault -> Mono.just(away(String.valueOf(fault.getMessage()))))
                .doOnNext(this::count);
    }

    private static Map<String, String> withId(Map<String, String> headers, Call call) {
        var all = new HashMap<>(headers);
        all.put("X-Request-Id", call.requestId);
        return all;
    }

    private Outcome read(Call call, HttpReply reply) {
        return switch (reply.status()) {
            case 200 -> granted(call, reply);
            case 401 -> {
                tokens.forget(Audience.TOKEN_VAULT);
                throw new OwnTokenRefused();
            }
            case 403 -> {
                var consent = Consent.read(call.provider, reply.json());
                if (consent == null) {
                    tokens.forget(Audience.TOKEN_VAULT); // it may be older than what it must allow
                    throw new HttpCallFailed("the vault does not let the gateway ask");
                }
                yield new Outcome.ConsentRequired(consent);
            }
            case 404 -> {
                if (unknown.add(call.provider)) {
                    log.error("A route injects tokens of {}, which the vault does not know", call.provider);
                }
                yield new Outcome.Unavailable("the provider of this route is not set up", 60);
            }
            case 409 -> new Outcome.Ambiguous();
            case 503 ->
                new Outcome.Unavailable(
                        "provider_unavailable".equals(reply.json().get("status"))
                                ? "the token has expired, and the provider does not give a new one now"
                                : "the token cannot be got now",
                        retryAfter(reply));
            default -> throw new HttpCallFailed("the vault answered " + reply.status());
        };
    }

    private Outcome granted(Call call, HttpReply reply) {
        unknown.remove(call.provider);
        if (!(reply.json().get("access_token") instanceof String token)
                || token.isEmpty()
                || token.length() > MAX_TOKEN_LENGTH
                || token.chars().anyMatch(c -> c <= 0x20 || c >= 0x7f)) {
            throw new HttpCallFailed("the vault's token does not fit a header");
        }
        return new Outcome.Granted(Secret.of(token));
    }

    private static int retryAfter(HttpReply reply) {
        var text = reply.headers().get("Retry-After");
        return text != null && text.matches("[0-9]{1,9}")
                ? Math.clamp(Integer.parseInt(text), 1, MAX_RETRY_AFTER_SECONDS)
                : 2;
    }

    private static Outcome away(String why) {
        log.warn("The token of an account cannot be got from the vault: {}", why);
        return new Outcome.Unavailable("the token cannot be got now", 2);
    }

    private void count(Outcome outcome) {
        var word = switch (outcome) {
            case Outcome.Granted _ -> "granted";
            case Outcome.ConsentRequired _, Outcome.Ambiguous _ -> "refused";
            case Outcome.Unavailable _ -> "unavailable";
        };
        metrics.counter("behalf.gateway.injections", "outcome", word).increment();
    }
}
