package dev.behalf.gateway.identity;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.ServiceTokens;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.provider.Providers;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// jwt-validator, as seen from here: asked over HTTP, its answers read strictly, since a user's name comes of
/// them.
final class Validator {

    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final int MAX_USER_ID = 1024;
    private static final int MAX_RETRY_AFTER_SECONDS = 60;
    private static final Retry WITH_A_NEW_TOKEN = Retry.max(1)
            .filter(OwnTokenRefused.class::isInstance)
            .onRetryExhaustedThrow((_, _) -> new HttpCallFailed("the validator refused our token"));

    /// The validator does not take this gateway's own access token: its signing key may be gone. A new one may
    /// do.
    private static final class OwnTokenRefused extends RuntimeException {
        OwnTokenRefused() {
            super("the validator refused our token", null, false, false);
        }
    }

    private final HttpCaller http;
    private final ServiceTokens tokens;
    private final URI uri;

    Validator(VerdictSettings settings, ServiceTokens tokens) {
        this.http = HttpCaller.trusted("validator", settings.answerWithin(), MAX_ANSWER_BYTES);
        this.tokens = tokens;
        this.uri = URI.create(settings.url() + "/v1/verdicts");
    }

    /// Its verdict. Fails with [HttpCallFailed] when there is none or it cannot be understood.
    ///
    /// @param view the providers as this gateway knows them, at the time of the question
    Mono<Verdict> judge(Verdicts.Question question, String token, Providers view) {
        var body = new LinkedHashMap<String, Object>();
        body.put("token", token);
        body.put("host", question.host());
        if (question.resource() != null) {
            body.put("resource", question.resource());
        }
        return Mono.defer(() -> tokens.authorization(Audience.JWT_VALIDATOR))
                .flatMap(headers -> http.postJson(uri, headers, Json.write(body)))
                .doOnNext(this::checkOwnToken)
                .retryWhen(WITH_A_NEW_TOKEN)
                .map(reply -> read(reply, view))
                .onErrorMap(InvalidJson.class, _ -> new HttpCallFailed("the validator's answer is not JSON"));
    }

    private void checkOwnToken(HttpReply reply) {
        if (reply.status() == 401) {
            tokens.forget(Audience.JWT_VALIDATOR);
            throw new OwnTokenRefused();
        }
    }

    private static Verdict read(HttpReply reply, Providers view) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the validator answered " + reply.status());
        }
        Map<String, @Nullable Object> json = reply.json();
        return switch (String.valueOf(json.get("outcome"))) {
            case "accepted" -> json.containsKey("clientId") ? delegated(json) : accepted(json);
            case "refused" -> refused(json, view);
            case "unavailable" ->
                new Verdict.Unavailable(
                        text(json, "detail"), (int) Math.min(MAX_RETRY_AFTER_SECONDS, number(json, "retryAfter")));
            default -> throw new HttpCallFailed("the validator's answer is not understood");
        };
    }

    private static Verdict accepted(Map<String, @Nullable Object> json) {
        return new Verdict.Accepted(
                userId(json),
                text(json, "provider"),
                number(json, "revision"),
                number(json, "expiresAt") * 1000,
                System.nanoTime());
    }

    private static Verdict delegated(Map<String, @Nullable Object> json) {
        if (!(json.get("scopes") instanceof List<?> list) || !(json.get("act") instanceof Map<?, ?> act)) {
            throw new HttpCallFailed("the validator's answer has no scopes or no act");
        }
        var scopes = new HashSet<String>();
        list.forEach(scope -> scopes.add(String.valueOf(scope)));
        return new Verdict.Delegated(
                userId(json),
                json.containsKey("subject") ? text(json, "subject") : null,
                text(json, "clientId"),
                act.get("sub") instanceof String actor ? actor : null,
                scopes,
                json.containsKey("grant") ? text(json, "grant") : null,
                text(json, "tokenId"),
                number(json, "issuedAt"),
                number(json, "expiresAt") * 1000,
                System.nanoTime());
    }

    private static Verdict refused(Map<String, @Nullable Object> json, Providers view) {
        boolean ofAProvider = json.get("provider") != null;
        return new Verdict.Refused(
                number(json, "status") == 403,
                text(json, "detail"),
                ofAProvider ? text(json, "provider") : null,
                ofAProvider ? number(json, "revision") : 0,
                System.nanoTime() + Duration.ofSeconds(number(json, "cacheFor")).toNanos(),
                view);
    }

    /// The user id; checked once more, since it becomes a header.
    private static String userId(Map<String, @Nullable Object> json) {
        var userId = text(json, "userId");
        if (userId.isEmpty() || userId.length() > MAX_USER_ID || userId.chars().anyMatch(c -> c <= 0x20 || c >= 0x7f)) {
            throw new HttpCallFailed("the validator's user id does not fit a header");
        }
        return userId;
    }

    private static String text(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof String text) {
            return text;
        }
        throw new HttpCallFailed("the validator's answer has no " + name);
    }

    private static long number(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof Long number) {
            return number;
        }
        throw new HttpCallFailed("the validator's answer has no " + name);
    }
}
