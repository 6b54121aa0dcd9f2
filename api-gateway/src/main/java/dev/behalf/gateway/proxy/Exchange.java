package dev.behalf.gateway.proxy;

import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.wire.HeaderRules;
import dev.behalf.gateway.wire.IncomingRequest;
import dev.behalf.gateway.wire.Refused;
import io.micronaut.http.HttpStatus;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One request on its way to an upstream, and the response on its way back. Both stream; neither is ever whole here.
final class Exchange {

    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");
    private static final int MAX_RELATIVE_RETRIES = 1;

    private final ClientConnection client;
    private final LoopState loop;
    private final Route route;
    private final DefaultHttpRequest head;
    private final boolean hasBody;
    private final boolean http10;
    private final boolean websocket;

    private @Nullable Channel upstream;
    private boolean reused;
    private int retries;
    private boolean requestDone;
    private boolean responseStarted;
    private boolean responseDone;
    private boolean upstreamKeepsAlive;
    private boolean ended;
    private boolean keepAlive;
    private long bodyBytes;
    private long requestProgressAt;
    private long responseProgressAt;
    private long bodyBeganAt;

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
        var idle = loop.idle(route.upstream());
        if (idle != null) {
            reused = true;
            use(idle);
            return;
        }
        connect();
    }

    private void connect() {
        reused = false;
        var connecting = loop.connect(route.upstream(), (int)
                Math.min(Integer.MAX_VALUE, route.connectTimeout().toMillis()));
        connecting.addListener((ChannelFuture done) -> {
            if (ended) {
                done.channel().close();
            } else if (done.isSuccess()) {
                use(done.channel());
                client.onUpstreamReady();
            } else {
                boolean late = done.cause() instanceof io.netty.channel.ConnectTimeoutException;
                fail(
                        late
                                ? Refused.of(
                                        HttpStatus.GATEWAY_TIMEOUT, "upstream-timeout", "the upstream does not answer")
                                : Refused.of(
                                        HttpStatus.BAD_GATEWAY, "upstream-failed", "the upstream cannot be reached"));
            }
        });
    }

    private void use(Channel channel) {
        upstream = channel;
        channel.pipeline().get(UpstreamConnection.class).serve(this);
        channel.write(head, channel.voidPromise());
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
        var channel = upstream;
        if (ended || channel == null || responseDone) {
            part.release();
            requestDone |= isLast;
            if (isLast) {
                client.onExchangeProgress();
            }
            return;
        }
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
            upstream.flush();
        }
    }

    void onUpstreamWritability(boolean writable) {
        if (writable) {
            client.resumeReading();
        }
    }

    /// Whether the upstream takes no more for now.
    boolean isUpstreamFull() {
        return upstream != null && !upstream.isWritable();
    }

    // ------------------------------------------------------------ back to the client

    void onResponse(HttpResponse response) {
        if (ended) {
            return;
        }
        responseProgressAt = loop.now();
        if (response.decoderResult().isFailure() || !isWellFramed(response)) {
            fail(Refused.of(HttpStatus.BAD_GATEWAY, "upstream-failed", "the upstream's response is malformed"));
            return;
        }
        int status = response.status().code();
        if (status == 101) {
            if (websocket) {
                switchProtocols(response);
            } else {
                fail(Refused.of(HttpStatus.BAD_GATEWAY, "upstream-failed", "the upstream switched protocols unasked"));
            }
            return;
        }
        upstreamKeepsAlive = HttpUtil.isKeepAlive(response);
        responseStarted = true;
        var headers = forwardable(response.headers(), false);
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
            upstream.config().setAutoRead(false);
        }
    }

    void flushClient() {
        client.flush();
    }

    void onClientWritability(boolean writable) {
        if (writable && upstream != null) {
            responseProgressAt = loop.now();
            upstream.config().setAutoRead(true);
        }
    }

    void onUpstreamClosed() {
        upstream = null;
        if (ended || responseDone) {
            return;
        }
        if (responseStarted) {
            abort();
        } else if (reused
                && !hasBody
                && retries < MAX_RELATIVE_RETRIES
                && IDEMPOTENT.contains(head.method().name())) {
            // The upstream closed an idle connection just as it was taken; nothing was answered, so nothing was done.
            retries++;
            connect();
        } else {
            fail(Refused.of(HttpStatus.BAD_GATEWAY, "upstream-failed", "the upstream closed the connection"));
        }
    }

    /// After a retry the connection is new and the request has no body: its end is sent at once.
    void resendEnd() {
        if (upstream != null && requestDone && retries > 0) {
            upstream.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }
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
            fail(Refused.of(HttpStatus.GATEWAY_TIMEOUT, "upstream-timeout", "the upstream does not answer"));
        } else if (responseStarted
                && client.isWritable() // while it is not, the upstream is not read: the client is the slow one
                && now - responseProgressAt > route.idleTimeout().toNanos()) {
            abort();
        }
    }

    private void onTickOfBody(long now) {
        if (isUpstreamFull()) {
            if (now - requestProgressAt > route.idleTimeout().toNanos()) {
                fail(Refused.of(
                        HttpStatus.GATEWAY_TIMEOUT, "upstream-timeout", "the upstream does not take the request"));
            }
            return;
        }
        long seconds = (now - bodyBeganAt) / 1_000_000_000L;
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
        var channel = upstream;
        upstream = null;
        if (channel == null) {
            return;
        }
        channel.pipeline().get(UpstreamConnection.class).serve(null);
        channel.config().setAutoRead(true);
        if (upstreamKeepsAlive && requestDone) {
            loop.keep(route.upstream(), channel);
        } else {
            channel.close();
        }
    }

    private void dropUpstream() {
        var channel = upstream;
        upstream = null;
        if (channel != null) {
            var connection = channel.pipeline().get(UpstreamConnection.class);
            if (connection != null) {
                connection.serve(null);
            }
            channel.close();
        }
    }

    private void switchProtocols(HttpResponse response) {
        var channel = java.util.Objects.requireNonNull(upstream);
        upstream = null;
        ended = true;
        var headers = forwardable(response.headers(), true);
        headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
        headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        client.becomeRelay(channel, new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status(), headers));
    }

    private static boolean isWellFramed(HttpResponse response) {
        var headers = response.headers();
        var codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() <= 1;
        }
        return codings.size() == 1
                && codings.getFirst().equalsIgnoreCase("chunked")
                && !headers.contains(HttpHeaderNames.CONTENT_LENGTH);
    }

    /// The response's headers without those about the connection and those that are nobody's business outside.
    private static HttpHeaders forwardable(HttpHeaders headers, boolean upgrade) {
        var out =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        var nominated = headers.get(HttpHeaderNames.CONNECTION);
        for (var it = headers.iteratorCharSequence(); it.hasNext(); ) {
            var header = it.next();
            switch (HeaderRules.of(header.getKey())) {
                case HOP, OURS, CONNECTION, TRANSFER_ENCODING, UPGRADE -> {}
                default -> out.add(header.getKey(), header.getValue());
            }
        }
        if (nominated != null && !upgrade) {
            for (var name : nominated.split(",")) {
                var plain = name.strip().toLowerCase(Locale.ROOT);
                if (!plain.isEmpty() && !plain.equals("content-length")) {
                    out.remove(plain);
                }
            }
        }
        return out;
    }
}
