package dev.behalf.registry.judgement;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.ServiceTokens;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// jwt-validator, as the registry calls it. Every call fails with [HttpCallFailed] when it gives no usable answer.
@Singleton
final class Validator {

    private final HttpCaller http = HttpCaller.trusted("validator", Duration.ofSeconds(6), 256 * 1024);
    private final ServiceTokens tokens;
    private final String url;

    Validator(ServiceTokens tokens, @Value("${behalf.validator.url:`http://localhost:8103`}") String url) {
        this.tokens = tokens;
        this.url = url;
    }

    /// The state of the provider's key set: `reachable`, `keyCount`, `lastError`, `checkedAt`.
    Mono<Map<String, @Nullable Object>> keys(String namespace, String name) {
        var uri = URI.create(url + "/v1/providers/" + encoded(namespace) + "/" + encoded(name) + "/keys");
        return ask(headers -> http.get(uri, headers));
    }

    /// The explanation of the verdict on the token at that provider.
    Mono<Map<String, @Nullable Object>> explain(Map<String, Object> question) {
        var uri = URI.create(url + "/v1/explanations");
        return ask(headers -> http.postJson(uri, headers, Json.write(question)));
    }

    private Mono<Map<String, @Nullable Object>> ask(Function<Map<String, String>, Mono<HttpReply>> call) {
        return tokens.authorization(Audience.JWT_VALIDATOR)
                .flatMap(call)
                .map(this::json)
                .onErrorMap(InvalidJson.class, _ -> new HttpCallFailed("the answer is not JSON"));
    }

    private Map<String, @Nullable Object> json(HttpReply reply) {
        if (reply.status() == 401) {
            tokens.forget(Audience.JWT_VALIDATOR);
        }
        if (reply.status() != 200) {
            throw new HttpCallFailed("the validator answered " + reply.status());
        }
        return reply.json();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
