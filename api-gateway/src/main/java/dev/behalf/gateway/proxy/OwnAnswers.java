package dev.behalf.gateway.proxy;

import dev.behalf.gateway.vault.Consent;
import dev.behalf.gateway.wire.Refused;
import io.micronaut.http.HttpStatus;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/// What the gateway itself has to say.
final class OwnAnswers {

    private static final byte[] UP = "{\"status\":\"UP\"}".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DOWN = "{\"status\":\"DOWN\"}".getBytes(StandardCharsets.US_ASCII);

    private OwnAnswers() {}

    /// Why the request does not go on.
    static FullHttpResponse refusal(Refused refused) {
        var response = answer(
                HttpResponseStatus.valueOf(refused.status().getCode()), "application/problem+json", refused.body());
        if (!refused.challenge().isEmpty()) {
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, refused.challenge());
        }
        if (refused.retryAfter() > 0) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, refused.retryAfter());
        }
        if (refused.status() == HttpStatus.METHOD_NOT_ALLOWED) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        }
        return response;
    }

    /// What the user has to do first. The members are the vault's, whose `status` is a word: it is no problem
    /// of RFC 9457.
    static FullHttpResponse consentRequired(Consent consent) {
        return unkept(answer(HttpResponseStatus.FORBIDDEN, "application/json", consent.body()));
    }

    /// The same as the answer to a request of JSON-RPC, which has errors of its own.
    static FullHttpResponse elicitation(byte[] error) {
        return unkept(answer(HttpResponseStatus.OK, "application/json", error));
    }

    private static FullHttpResponse unkept(FullHttpResponse response) {
        response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        return response;
    }

    /// Whether it can judge tokens and goes on serving.
    static FullHttpResponse health(boolean ready) {
        return unkept(answer(
                ready ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
                "application/json",
                ready ? UP : DOWN));
    }

    /// What kind of resource a route is, for clients of any origin (RFC 9728 §3).
    static FullHttpResponse metadata(byte[] document) {
        var response = answer(HttpResponseStatus.OK, "application/json", document);
        response.headers()
                .set(HttpHeaderNames.CACHE_CONTROL, "public, max-age=300")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        return response;
    }

    /// Browsers may ask for that with any header.
    static FullHttpResponse preflight() {
        var response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NO_CONTENT, Unpooled.EMPTY_BUFFER);
        response.headers()
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "*")
                .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
        return response;
    }

    /// The client may send its body (RFC 9110 §10.1.1).
    static FullHttpResponse goOn() {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER);
    }

    private static FullHttpResponse answer(HttpResponseStatus status, String type, byte[] body) {
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type).set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        return response;
    }
}
