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
import dev.behalf.kernel.revocation.RevocationFeed;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// Exchanges a caller's credential for a short token of one service. A good answer is remembered for so short a
/// time that a revoked key is dead within it; of a person's token, only until this gateway learns that it was
/// revoked.
@Singleton
public final class Credentials {

    private static final Retry WITH_A_NEW_TOKEN =
            Retry.max(1).filter(OwnTokenRefused.class::isInstance).onRetryExhaustedThrow((_, last) -> last.failure());

    private static final Duration REMEMBERED = Duration.ofSeconds(5);

    /// The problem that tells a credential that is not good from a gateway that is not let in.
    private static final String INVALID_CREDENTIAL = "urn:behalf:problem:invalid-credential";

    /// What came of it.
    public sealed interface Outcome {
        /// @param shown the person's token that was shown; null: an operator's credential was
        record Exchanged(Secret token, @Nullable Shown shown) implements Outcome {}

        record Refused() implements Outcome {}

        record Unavailable() implements Outcome {}
    }

    /// A person's token, as revocations know it.
    ///
    /// @param grant    its `gid`; null: it has none
    /// @param token    its `jti`
    /// @param client   its `client_id`
    /// @param issuedAt its `iat`, in seconds since 1970
    public record Shown(@Nullable String grant, String token, String client, long issuedAt) {

        /// Null when nothing is said of one. What is said must be whole: nobody could tell of half of it
        /// whether it was revoked.
        ///
        /// @throws HttpCallFailed when it is not
        static @Nullable Shown fromJson(@Nullable Object json) {
            if (json == null) {
                return null;
            }
            if (json instanceof Map<?, ?> map
                    && map.get("jti") instanceof String token
                    && map.get("client_id") instanceof String client
                    && map.get("iat") instanceof Long issuedAt) {
                return new Shown(map.get("gid") instanceof String grant ? grant : null, token, client, issuedAt);
            }
            throw new HttpCallFailed("the answer does not say whole which token was shown");
        }
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
    private final RevocationFeed revocations;
    private final URI uri;
    private final Cache<Question, Outcome> remembered = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(REMEMBERED)
            .build();

    Credentials(OAuthSettings settings, ServiceTokens tokens, RevocationFeed revocations) {
        this.tokens = tokens;
        this.revocations = revocations;
        this.uri = URI.create(settings.server() + "/internal/credentials");
    }

    /// Never fails.
    public Mono<Outcome> exchange(String credential, String audience) {
        return Mono.defer(() -> {
            var question = new Question(Sha256.of(credential), audience);
            var known = remembered.getIfPresent(question);
            if (known != null && stands(known)) {
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

    /// Whether the remembered answer may be given again.
    private boolean stands(Outcome outcome) {
        return !(outcome instanceof Outcome.Exchanged(var _, Shown(var grant, var token, var client, var issuedAt)))
                || (revocations.isCurrent() && !revocations.now().cover(grant, token, client, issuedAt));
    }

    private Outcome read(HttpReply reply) {
        if (reply.status() == 200 && reply.json().get("access_token") instanceof String token) {
            return new Outcome.Exchanged(
                    Secret.of(token), Shown.fromJson(reply.json().get("shown")));
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
