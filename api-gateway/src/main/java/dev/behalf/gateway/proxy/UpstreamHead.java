package dev.behalf.gateway.proxy;

import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.wire.IncomingRequest;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The head of the request that goes on: what the client may say, and what only the gateway says.
final class UpstreamHead {

    private static final AsciiString X_END_USER_ID = AsciiString.cached("X-End-User-ID");
    private static final AsciiString X_FORWARDED_FOR = AsciiString.cached("X-Forwarded-For");
    private static final AsciiString X_FORWARDED_HOST = AsciiString.cached("X-Forwarded-Host");
    private static final AsciiString X_FORWARDED_PROTO = AsciiString.cached("X-Forwarded-Proto");
    private static final AsciiString X_REQUEST_ID = AsciiString.cached("X-Request-Id");
    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final Set<HttpMethod> WITHOUT_BODY =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.DELETE);

    private UpstreamHead() {}

    /// @param userId     the proved user; null: the upstream sees none
    /// @param credential what takes the place of the client's header of that name; null: nothing does
    static DefaultHttpRequest of(
            IncomingRequest request,
            Route route,
            @Nullable String userId,
            @Nullable Credential credential,
            Channel client) {
        var headers = request.headers();
        headers.set(HttpHeaderNames.HOST, request.authority().text());
        if (userId != null) {
            headers.set(X_END_USER_ID, userId);
        }
        if (request.authorization() != null && !route.stripAuthorization()) {
            headers.set(HttpHeaderNames.AUTHORIZATION, request.authorization());
        }
        if (credential != null) {
            headers.set(credential.header(), credential.value());
        }
        if (request.cookies() != null && !route.stripCookies()) {
            headers.set(HttpHeaderNames.COOKIE, request.cookies());
        }
        if (client.remoteAddress() instanceof InetSocketAddress address) {
            headers.set(X_FORWARDED_FOR, address.getAddress().getHostAddress());
        }
        headers.set(X_FORWARDED_HOST, request.authority().text());
        headers.set(X_FORWARDED_PROTO, HTTP);
        headers.set(X_REQUEST_ID, request.requestId());
        if (request.chunked()) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        } else if (request.contentLength() > 0 || !WITHOUT_BODY.contains(request.method())) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(request.contentLength()));
        }
        if (request.websocket() && route.upgrades()) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
            headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        }
        return new DefaultHttpRequest(
                HttpVersion.HTTP_1_1, request.method(), request.target().text(), headers);
    }
}
