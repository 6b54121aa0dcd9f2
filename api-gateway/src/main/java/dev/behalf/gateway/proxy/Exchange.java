package dev.behalf.gateway.proxy;

import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.wire.IncomingRequest;
import dev.behalf.gateway.wire.Refused;
import io.micronaut.http.HttpStatus;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One request on its way to an upstream, and the response on its way back. Both stream; neither is ever whole here.
final class Exchange {

    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final ClientConnection client;
    private final LoopState loop;
    private final Route route;
    private final DefaultHttpRequest head;
    private final boolean hasBody;
    private final boolean http10;
    private final boolean websocket;

    private @Nullable UpstreamConnection upstream;
    private boolean counted = true;
    private boolean reused;
    private boolean repeated;
    private boolean requestDone;
    private boolean responseStarted;
    private boolean responseDone;
    private boolean ended;
    private boolean keepAlive;
    private boolean upstreamKeepsAlive;
    private long upstreamKeepsAliveNanos = Long.MAX_VALUE;
    private long bodyBytes;
    private long requestProgressAt;
    private long responseProgressAt;
    private final long bodyBeganAt;

    /// The request was taken on by [GatewayContext#enter]; it leaves when its response is through or nothing comes of
    /// it.
    Exchange(ClientConnection client, LoopState loop, Route route, IncomingRequest request, DefaultHttpRequest head) {
        this.client = client;
        this.loop = loop;
        this.route = route;
        this.head = head;
        this.hasBody = request.hasBody();
        this.http10 = request.http10();
        this.websocket = request.websocket() && route.upgrades();
        this.keepAlive = request.keepAlive();
        this.requestProgressAt = loop.now();
        this.bodyBeganAt = loop.now();
        this.responseProgressAt = loop.now();
    }

    // ------------------------------------------------------------ towards the upstream

    /// Takes a connection and sends the head; parts of the body may follow once [#isReady].
    void begin() {
        var idle = loop.idle(route.upstream(), hasBody || !isIdempotent());
        if (idle != null) {
            reused = true;
            use(idle);
            return;
        }
        connect();
    }

    private boolean isIdempotent() {
        return IDEMPOTENT.contains(head.method().name());
    }

    private void connect() {
        reused = false;
        var connecting = loop.connect(route.upstream(), (int)
                Math.min(Integer.MAX_VALUE, route.connectTimeout().toMillis()));
        connecting.addListener((ChannelFuture done) -> {
            if (ended) {
                done.channel().close();
            } else if (done.isSuccess()) {
                use(done.channel().pipeline().get(UpstreamConnection.class));
                client.onUpstreamReady();
            } else if (done.cause() instanceof ConnectTimeoutException) {
                fail(timeout("the upstream does not answer"));
            } else {
                fail(badGateway("the upstream cannot be reached"));
            }
        });
    }

    private void use(UpstreamConnection connection) {
        upstream = connection;
        connection.serve(this);
        connection.channel().write(head, connection.channel().voidPromise());
        requestProgressAt = loop.now();
    }

    /// Whether parts of the body can be taken.
    boolean isReady() {
        return upstream != null || ended;
    }

    boolean isRequestDone() {
        return requestDone;
    }

    /// Takes a part of the request's body, which is released.
    void onRequestPart(HttpContent part) {
        boolean isLast = part instanceof LastHttpContent;
        if (part.decoderResult().isFailure()) {
            part.release();
            // What the upstream has got is not whole: it must not be able to take it for that.
            fail(Refused.broken(HttpStatus.BAD_REQUEST, "the request body is malformed"));
            return;
        }
        requestProgressAt = loop.now();
        bodyBytes += part.content().readableBytes();
        if (bodyBytes > route.maxBodyBytes()) {
            part.release();
            fail(Refused.broken(HttpStatus.REQUEST_ENTITY_TOO_LARGE, "the request body is too large"));
            return;
        }
        if (ended || upstream == null || responseDone) {
            part.release();
            requestDone |= isLast;
            if (isLast) {
                client.onExchangeProgress();
            }
            return;
        }
        var channel = upstream.channel();
        if (isLast) {
            requestDone = true;
            responseProgressAt = loop.now();
            if (part.content().isReadable()) {
                channel.write(new DefaultHttpContent(part.content()), channel.voidPromise());
            } else {
                part.release();
            }
            channel.write(LastHttpContent.EMPTY_LAST_CONTENT, channel.voidPromise()); // trailers end here
            client.onExchangeProgress();
        } else {
            channel.write(part, channel.voidPromise());
            if (!channel.isWritable()) {
                client.pauseReading();
            }
        }
    }

    void flushUpstream() {
        if (upstream != null) {
            upstream.channel().flush();
        }
    }

    void onUpstreamWritability(boolean writable) {
        if (writable) {
            client.resumeReading();
        }
    }

    /// Whether the upstream takes no more for now.
    boolean isUpstreamFull() {
        return upstream != null && !upstream.channel().isWritable();
    }

    void onUpstreamClosed() {
        upstream = null;
        if (ended || responseDone) {
            return;
        }
        if (responseStarted) {
            abort();
        } else if (reused && !repeated && bodyBytes == 0 && isIdempotent()) {
            // The upstream closed an idle connection just as it was taken; nothing was answered, and to do it twice is
            // to do it once (RFC 9110 §9.2.2).
            repeated = true;
            connect();
        } else {
            fail(badGateway("the upstream closed the connection"));
        }
    }

    /// When the head is sent again and nothing more is to come of the request, its end is sent again, too.
    void resendEnd() {
        if (upstream != null && requestDone && repeated) {
            upstream.channel().writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    // ------------------------------------------------------------ back to the client

    void onResponse(HttpResponse response) {
        if (ended) {
            return;
        }
        responseProgressAt = loop.now();
        if (!ResponseHead.isClear(response)) {
            fail(badGateway("the upstream's response is malformed"));
            return;
        }
        int status = response.status().code();
        if (status == 101) {
            if (websocket) {
                switchProtocols(response);
            } else {
                fail(badGateway("the upstream switched protocols unasked"));
            }
            return;
        }
        upstreamKeepsAlive = HttpUtil.isKeepAlive(response);
        upstreamKeepsAliveNanos = ResponseHead.keepAliveNanos(response.headers());
        responseStarted = true;
        var headers = ResponseHead.forwardable(response.headers());
        boolean noBody = status == 204 || status == 304 || head.method().equals(HttpMethod.HEAD);
        if (!noBody && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            if (http10) {
                keepAlive = false; // the end of the connection is the end of the body
            } else {
                headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            }
        }
        keepAlive &= !client.isDraining();
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (http10) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        client.write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status(), headers), status);
    }

    void onResponsePart(HttpContent part) {
        if (ended || !responseStarted) {
            part.release();
            return;
        }
        if (part.decoderResult().isFailure()) {
            part.release();
            abort();
            return;
        }
        responseProgressAt = loop.now();
        if (part instanceof LastHttpContent) {
            if (part.content().isReadable()) {
                client.write(new DefaultHttpContent(part.content()));
            } else {
                part.release();
            }
            client.write(LastHttpContent.EMPTY_LAST_CONTENT);
            responseDone = true;
            giveBack();
            client.onExchangeProgress();
            return;
        }
        client.write(part);
        if (!client.isWritable() && upstream != null) {
            upstream.channel().config().setAutoRead(false);
        }
    }

    void flushClient() {
        client.flush();
    }

    void onClientWritability(boolean writable) {
        if (writable && upstream != null) {
            responseProgressAt = loop.now();
            upstream.channel().config().setAutoRead(true);
        }
    }

    private void switchProtocols(HttpResponse response) {
        var channel = java.util.Objects.requireNonNull(upstream).channel();
        upstream = null;
        ended = true;
        var headers = ResponseHead.forwardable(response.headers());
        headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
        headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        channel.closeFuture().addListener(_ -> leave()); // it stays under way until then
        client.becomeRelay(channel, new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status(), headers));
    }

    // ------------------------------------------------------------ ends

    boolean isDone() {
        return requestDone && responseDone;
    }

    boolean isResponseDone() {
        return responseDone;
    }

    boolean keepsAlive() {
        return keepAlive;
    }

    boolean isHttp10() {
        return http10;
    }

    /// The client is gone: so is its request.
    void cancel() {
        ended = true;
        dropUpstream();
    }

    void onTick(long now) {
        if (ended || responseDone) {
            return;
        }
        if (!requestDone) {
            onTickOfBody(now);
        } else if (!responseStarted
                && now - responseProgressAt > route.responseTimeout().toNanos()) {
            fail(timeout("the upstream does not answer"));
        } else if (responseStarted
                && client.isWritable() // while it is not, the upstream is not read: the client is the slow one
                && now - responseProgressAt > route.idleTimeout().toNanos()) {
            abort();
        }
    }

    private void onTickOfBody(long now) {
        if (isUpstreamFull()) {
            if (now - requestProgressAt > route.idleTimeout().toNanos()) {
                fail(timeout("the upstream does not take the request"));
            }
            return;
        }
        long seconds = (now - bodyBeganAt) / NANOS_PER_SECOND;
        boolean crawls = seconds > 30 && bodyBytes / seconds < 128;
        if (upstream != null && (now - requestProgressAt > client.bodyTimeoutNanos() || crawls)) {
            fail(Refused.broken(HttpStatus.REQUEST_TIMEOUT, "the request body does not arrive"));
        }
    }

    /// Ends the exchange with an answer of the gateway's own, if none was begun.
    private void fail(Refused refused) {
        if (responseStarted) {
            abort();
            return;
        }
        ended = true;
        dropUpstream();
        client.fail(this, refused);
    }

    /// Ends a response that cannot be completed: the client must see that it is not whole.
    private void abort() {
        ended = true;
        dropUpstream();
        client.close();
    }

    private void giveBack() {
        var connection = upstream;
        upstream = null;
        leave();
        if (connection == null) {
            return;
        }
        connection.serve(null);
        connection.channel().config().setAutoRead(true);
        if (upstreamKeepsAlive && requestDone && connection.isClean()) {
            loop.keep(route.upstream(), connection, upstreamKeepsAliveNanos);
        } else {
            connection.channel().close();
        }
    }

    private void dropUpstream() {
        var connection = upstream;
        upstream = null;
        leave();
        if (connection != null) {
            connection.serve(null);
            connection.channel().close();
        }
    }

    private void leave() {
        if (counted) {
            counted = false;
            client.leave(route);
        }
    }

    private static Refused badGateway(String detail) {
        return Refused.of(HttpStatus.BAD_GATEWAY, "upstream-failed", detail);
    }

    private static Refused timeout(String detail) {
        return Refused.of(HttpStatus.GATEWAY_TIMEOUT, "upstream-timeout", detail);
    }
}
