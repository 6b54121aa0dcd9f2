package dev.behalf.gateway.management;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.ServiceTokens;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// Exchanges an operator's credential for a short token of one service. A good answer is remembered for so short a
/// time that a revoked key is dead within it.
@Singleton
public final class Credentials {

    private static final Retry WITH_A_NEW_TOKEN =
            Retry.max(1).filter(OwnTokenRefused.class::isInstance).onRetryExhaustedThrow((_, last) -> last.failure());

    private static final Duration REMEMBERED = Duration.ofSeconds(5);

    /// The problem that tells a credential that is not good from a gateway that is not let in.
    private static final String INVALID_CREDENTIAL = "urn:behalf:problem:invalid-credential";

    /// What came of it.
    public sealed interface Outcome {
        record Exchanged(Secret token) implements Outcome {}

        record Refused() implements Outcome {}

        record Unavailable() implements Outcome {}
    }

    /// The authorization server does not take this gateway's own access token. A new one may do.
    private static final class OwnTokenRefused extends RuntimeException {
        OwnTokenRefused() {
            super("the authorization server refused our token", null, false, false);
        }
    }

    private record Question(Sha256 credential, String audience) {}

    private final HttpCaller http = HttpCaller.trusted("authz-credentials", Duration.ofSeconds(5), 64 * 1024);
    private final ServiceTokens tokens;
    private final URI uri;
    private final Cache<Question, Outcome> remembered = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(REMEMBERED)
            .build();

    Credentials(OAuthSettings settings, ServiceTokens tokens) {
        this.tokens = tokens;
        this.uri = URI.create(settings.server() + "/internal/credentials");
    }

    /// Never fails.
    public Mono<Outcome> exchange(String credential, String audience) {
        return Mono.defer(() -> {
            var question = new Question(Sha256.of(credential), audience);
            var known = remembered.getIfPresent(question);
            if (known != null) {
                return Mono.just(known);
            }
            var body = Json.write(Map.of("credential", credential, "audience", audience));
            return Mono.defer(() -> tokens.authorization(Audience.AUTHZ_SERVER))
                    .flatMap(headers -> http.postJson(uri, headers, body))
                    .map(this::read)
                    .retryWhen(WITH_A_NEW_TOKEN)
                    .onErrorResume(
                            fault -> fault instanceof HttpCallFailed
                                    || fault instanceof InvalidJson
                                    || fault instanceof OwnTokenRefused,
                            _ -> Mono.just(new Outcome.Unavailable()))
                    .doOnNext(outcome -> {
                        if (!(outcome instanceof Outcome.Unavailable)) {
                            remembered.put(question, outcome);
                        }
                    });
        });
    }

    private Outcome read(HttpReply reply) {
        if (reply.status() == 200 && reply.json().get("access_token") instanceof String token) {
            return new Outcome.Exchanged(Secret.of(token));
        }
        if (reply.status() == 401) {
            if (INVALID_CREDENTIAL.equals(reply.json().get("type"))) {
                return new Outcome.Refused();
            }
            tokens.forget(Audience.AUTHZ_SERVER);
            throw new OwnTokenRefused();
        }
        return new Outcome.Unavailable();
    }
}
