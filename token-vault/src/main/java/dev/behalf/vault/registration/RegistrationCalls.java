package dev.behalf.vault.registration;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.secret.Secret;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The requests of RFC 7591 and RFC 7592. Neither they nor their answers are logged: both hold secrets. Fail
/// with [RegistrationFailed].
@Singleton
final class RegistrationCalls {

    private static final int MAX_BODY_BYTES = 64 * 1024;

    private final HttpCaller http;

    RegistrationCalls(OutboundPolicy policy, RegistrationSettings settings) {
        this.http = HttpCaller.guarded(policy, settings.answerWithin(), MAX_BODY_BYTES);
    }

    /// @param initialAccessToken of the operator (RFC 7591 §3); null: the server wants none
    Mono<HttpReply> register(URI endpoint, Map<String, ?> metadata, @Nullable Secret initialAccessToken) {
        return call(HttpMethod.POST, endpoint, initialAccessToken, metadata);
    }

    Mono<HttpReply> read(Registration registration, Secret accessToken) {
        return call(HttpMethod.GET, managementUrl(registration), accessToken, null);
    }

    /// @param metadata all of it: what is left out is deleted (RFC 7592 §2.2)
    Mono<HttpReply> update(Registration registration, Secret accessToken, Map<String, ?> metadata) {
        return call(HttpMethod.PUT, managementUrl(registration), accessToken, metadata);
    }

    Mono<HttpReply> delete(Registration registration, Secret accessToken) {
        return call(HttpMethod.DELETE, managementUrl(registration), accessToken, null);
    }

    private static URI managementUrl(Registration registration) {
        return Objects.requireNonNull(registration.managementUrl());
    }

    private Mono<HttpReply> call(HttpMethod method, URI url, @Nullable Secret token, @Nullable Map<String, ?> json) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("Accept", "application/json");
        if (json != null) {
            headers.put("Content-Type", "application/json");
        }
        if (token != null) {
            headers.put("Authorization", "Bearer " + token.reveal());
        }
        return http.call(
                        method, url, headers, json == null ? null : Json.write(new LinkedHashMap<String, Object>(json)))
                .onErrorMap(HttpCallFailed.class, fault -> RegistrationFailed.away(String.valueOf(fault.getMessage())));
    }
}
