package dev.behalf.authz.federation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.secret.Secret;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Mono;

/// Asks providers: for their metadata, for tokens, for their keys. Somebody else chose these URLs, so every
/// call is guarded, and each has a deadline and a bound.
@Singleton
final class ProviderClient {

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int MAX_BYTES = 512 * 1024;

    /// What a provider answered to a code.
    record Tokens(String idToken, String accessToken) {
        @Override
        public String toString() {
            return "Tokens[redacted]";
        }
    }

    private final HttpCaller http;
    private final OutboundPolicy policy;
    private final Cache<String, ProviderMetadata> known = Caffeine.newBuilder()
            .maximumSize(100)
            .expireAfterWrite(Duration.ofMinutes(5))
            .build();

    ProviderClient(OutboundPolicy policy) {
        this.policy = policy;
        this.http = HttpCaller.guarded(policy, DEADLINE, MAX_BYTES);
    }

    /// Fails with [HttpCallFailed] when there is none, or it leads where browsers must not be sent.
    Mono<ProviderMetadata> metadata(String issuer) {
        return Mono.defer(() -> {
            var metadata = known.getIfPresent(issuer);
            return metadata == null ? read(issuer) : Mono.just(metadata);
        });
    }

    private Mono<ProviderMetadata> read(String issuer) {
        var base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return http.get(URI.create(base + "/.well-known/openid-configuration"), Map.of())
                .map(reply -> ProviderMetadata.read(ok(reply).json(), issuer))
                .doOnNext(metadata -> {
                    var refusal = policy.refusal(metadata.authorizationEndpoint());
                    if (refusal.isPresent()) {
                        throw new HttpCallFailed("the authorization endpoint " + refusal.get());
                    }
                    known.put(issuer, metadata);
                });
    }

    /// Redeems the code (RFC 6749 §4.1.3, RFC 7636 §4.5).
    Mono<Tokens> redeem(
            SignInProvider provider, ProviderMetadata metadata, String code, String redirectUri, String verifier) {
        var form = new HashMap<String, String>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", redirectUri);
        form.put("code_verifier", verifier);
        var headers = new HashMap<String, String>();
        headers.put("Content-Type", "application/x-www-form-urlencoded");
        headers.put("Accept", "application/json");
        var secret = provider.secret();
        if (secret == null || metadata.post()) {
            form.put("client_id", provider.clientId());
            if (secret != null) {
                form.put("client_secret", secret.reveal());
            }
        } else {
            headers.put("Authorization", basic(provider.clientId(), secret));
        }
        return http.call(
                        HttpMethod.POST,
                        metadata.tokenEndpoint(),
                        headers,
                        encode(form).getBytes(StandardCharsets.US_ASCII))
                .map(reply -> {
                    var json = ok(reply).json();
                    if (json.get("id_token") instanceof String idToken) {
                        return new Tokens(idToken, json.get("access_token") instanceof String token ? token : "");
                    }
                    throw new HttpCallFailed("the provider's answer has no id_token");
                });
    }

    Mono<KeySet> keys(String jwksUri) {
        return http.get(URI.create(jwksUri), Map.of("Accept", "application/json"))
                .map(reply -> {
                    try {
                        return KeySet.parse(ok(reply).body());
                    } catch (InvalidJwt e) {
                        throw new HttpCallFailed(String.valueOf(e.getMessage()));
                    }
                });
    }

    private static HttpReply ok(HttpReply reply) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the provider answered " + reply.status());
        }
        return reply;
    }

    private static String basic(String id, Secret secret) {
        var pair = formEncode(id) + ":" + formEncode(secret.reveal());
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
    }

    private static String encode(Map<String, String> form) {
        return String.join(
                "&",
                form.entrySet().stream()
                        .map(field -> field.getKey() + "=" + formEncode(field.getValue()))
                        .toList());
    }

    private static String formEncode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
