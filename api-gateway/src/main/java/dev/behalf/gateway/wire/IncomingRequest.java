package dev.behalf.gateway.wire;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/// A request whose head has passed [RequestGuard].
///
/// @param headers       those that go on unless the route says otherwise; none of ours, none about the
///                      connection
/// @param authorization the one `Authorization` value; null when there is none
/// @param apiKey        the one `X-RunAgents-API-Key` value; null when there is none
/// @param cookies       the `Cookie` value; null when there is none
/// @param contentLength of the body; -1: chunked, or until told otherwise; 0: none
/// @param chunked       whether the body is chunked
/// @param keepAlive     whether the client wants to go on with the connection
/// @param http10        whether the client speaks HTTP/1.0
/// @param websocket     whether it asks to become a WebSocket
/// @param expectsContinue whether the client waits for 100 before it sends the body
/// @param requestId     the client's own, if it is a sane one; otherwise a new one
public record IncomingRequest(
        HttpMethod method,
        RequestTarget target,
        Authority authority,
        HttpHeaders headers,
        @Nullable String authorization,
        @Nullable String apiKey,
        @Nullable String cookies,
        long contentLength,
        boolean chunked,
        boolean keepAlive,
        boolean http10,
        boolean websocket,
        boolean expectsContinue,
        String requestId) {

    public boolean hasBody() {
        return chunked || contentLength > 0;
    }
}
