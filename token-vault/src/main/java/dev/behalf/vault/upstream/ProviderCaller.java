package dev.behalf.vault.upstream;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.BodyFormat;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// One request to a provider, guarded and bounded. Neither requests nor answers are logged: both hold tokens.
@Singleton
final class ProviderCaller {

    private static final int MAX_BODY_BYTES = 128 * 1024;
    private static final Duration LONGEST_WAIT = Duration.ofDays(1);

    private final HttpCaller http;
    private final Clock clock;

    ProviderCaller(OutboundPolicy policy, UpstreamSettings settings, Clock clock) {
        this.http = HttpCaller.guarded(policy, settings.answerWithin(), MAX_BODY_BYTES);
        this.clock = clock;
    }

    /// Fails with [dev.behalf.kernel.outbound.HttpCallFailed], whose message is ours.
    Mono<HttpReply> get(URI url, Map<String, String> headers) {
        return http.get(url, headers);
    }

    /// Sends the parameters as the body. Fails as [#get] does.
    Mono<HttpReply> send(
            String method, URI url, Map<String, String> headers, BodyFormat format, Map<String, String> parameters) {
        var all = new LinkedHashMap<>(headers);
        byte[] body = switch (format) {
            case FORM -> {
                all.put("Content-Type", "application/x-www-form-urlencoded");
                yield form(parameters).getBytes(StandardCharsets.US_ASCII);
            }
            case JSON -> {
                all.put("Content-Type", "application/json");
                yield Json.write(parameters);
            }
        };
        return http.call(HttpMethod.valueOf(method), url, all, body);
    }

    Instant now() {
        return clock.instant();
    }

    /// Of RFC 6749 §2.3.1: both are form-encoded first.
    static String basic(String clientId, Secret secret) {
        var pair = encoded(clientId) + ":" + encoded(secret.reveal());
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
    }

    /// The body as JSON, or null when it is none. The media type does not count: a token that came under a
    /// wrong one is the only one there is.
    static @Nullable Object json(HttpReply reply) {
        try {
            return Json.read(reply.body());
        } catch (InvalidJson e) {
            return null;
        }
    }

    /// `Retry-After` (RFC 9110 §10.2.3), at most a day; null when there is none that can be read.
    @Nullable
    Duration retryAfter(HttpReply reply) {
        var text = reply.headers().get("Retry-After");
        if (text == null) {
            return null;
        }
        Duration wait;
        if (text.matches("[0-9]{1,9}")) {
            wait = Duration.ofSeconds(Long.parseLong(text));
        } else {
            try {
                var until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
                wait = Duration.between(clock.instant(), until);
            } catch (DateTimeException e) {
                return null;
            }
        }
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    static String form(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(parameter -> encoded(parameter.getKey()) + "=" + encoded(parameter.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
