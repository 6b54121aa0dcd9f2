package dev.behalf.gateway.proxy;

import dev.behalf.gateway.identity.Verdict;
import dev.behalf.gateway.identity.Verdicts;
import dev.behalf.gateway.management.Credentials;
import dev.behalf.gateway.management.ManagementRoutes;
import dev.behalf.gateway.route.Access;
import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.wire.IncomingRequest;
import dev.behalf.gateway.wire.Refused;
import dev.behalf.gateway.wire.RequestGuard;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpStatus;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// A client's connection: one request after the other, each checked, judged and forwarded, in their order. All of it
/// happens on the connection's event loop; what must be waited for comes back to it.
final class ClientConnection extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);
    private static final String BEARER = "Bearer ";
    private static final byte[] UP = "{\"status\":\"UP\"}".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DOWN = "{\"status\":\"DOWN\"}".getBytes(StandardCharsets.US_ASCII);
    private static final long MAX_DISCARDED = 1 << 20;
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long RELAY_IDLE_NANOS = TimeUnit.MINUTES.toNanos(10);

    /// Where the connection stands.
    private enum State {
        /// Between requests.
        IDLE,
        /// A request's head was read; who it is for, and whether it may, is being found out.
        DECIDING,
        /// An exchange is under way.
        FORWARDING,
        /// The answer is given; the rest of the request's body is read and thrown away.
        DISCARDING,
        /// The last answer is written; the connection is about to end.
        CLOSING,
        /// It is a WebSocket now.
        RELAY
    }

    private final GatewayContext gateway;
    private final LoopState loop;
    private final ArrayDeque<Object> queue = new ArrayDeque<>(4);

    private @Nullable ChannelHandlerContext context;
    private State state = State.IDLE;
    private @Nullable Exchange exchange;
    private boolean keepAliveAfterDiscarding;
    private boolean first = true;
    private long discarded;
    private long since;
    private long blockedSince;

    // The last judged token of this connection: most clients send the same one again.
    private @Nullable String lastAuthorization;
    private @Nullable String lastHost;
    private Verdicts.@Nullable Question lastQuestion;
    private @Nullable Verdict lastVerdict;

    ClientConnection(GatewayContext gateway, LoopState loop) {
        this.gateway = gateway;
        this.loop = loop;
    }

    // ------------------------------------------------------------ from the wire

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        since = loop.now();
        loop.add(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (state == State.RELAY) {
            ctx.fireChannelRead(message);
            return;
        }
        if (state == State.CLOSING) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (!queue.isEmpty() || !canTake(message)) {
            queue.add(message); // at most what one read has brought
            pauseReading();
            return;
        }
        take(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.flushUpstream();
        }
        ctx.fireChannelReadComplete(); // a relay flushes here
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        boolean writable = ctx.channel().isWritable();
        blockedSince = writable ? 0 : loop.now();
        if (exchange != null) {
            exchange.onClientWritability(writable);
        }
        ctx.fireChannelWritabilityChanged(); // a relay waits for it
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end();
        ctx.fireChannelInactive(); // a relay ends with it
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (state != State.RELAY) {
            end();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            log.error("A connection failed", cause);
        }
        ctx.close();
    }

    private void end() {
        loop.remove(this);
        state = State.CLOSING;
        var current = exchange;
        exchange = null;
        if (current != null) {
            current.cancel();
        }
        for (Object message = queue.poll(); message != null; message = queue.poll()) {
            ReferenceCountUtil.release(message);
        }
    }

    private boolean canTake(Object message) {
        return switch (state) {
            case IDLE -> message instanceof HttpRequest || message instanceof LastHttpContent;
            case DECIDING, RELAY -> false;
            case FORWARDING ->
                message instanceof HttpContent && exchange != null && exchange.isReady() && !exchange.isRequestDone();
            case DISCARDING -> message instanceof HttpContent;
            case CLOSING -> true;
        };
    }

    private void take(Object message) {
        switch (message) {
            case HttpRequest head -> onHead(head);
            case HttpContent part when state == State.FORWARDING && exchange != null -> exchange.onRequestPart(part);
            case HttpContent part -> discard(part);
            default -> ReferenceCountUtil.release(message);
        }
    }

    /// Goes on with what waits, as far as it can be taken now.
    private void drain() {
        while (!queue.isEmpty() && state != State.CLOSING && canTake(queue.peek())) {
            take(queue.poll());
        }
        if (exchange != null) {
            exchange.flushUpstream();
        }
        if (queue.isEmpty()) {
            resumeReading();
        }
    }

    private void discard(HttpContent part) {
        boolean last = part instanceof LastHttpContent;
        boolean broken = part.decoderResult().isFailure();
        discarded += part.content().readableBytes();
        part.release();
        if (state != State.DISCARDING) {
            return;
        }
        if (broken || discarded > MAX_DISCARDED) {
            lingerAndClose();
        } else if (last) {
            if (keepAliveAfterDiscarding) {
                toIdle();
            } else {
                lingerAndClose();
            }
        }
    }

    // ------------------------------------------------------------ whose is it

    private void onHead(HttpRequest head) {
        state = State.DECIDING;
        first = false;
        switch (RequestGuard.check(head)) {
            case RequestGuard.Outcome.Stopped(var refused) -> refuse(null, refused);
            case RequestGuard.Outcome.Passed(var request) -> route(request);
        }
    }

    private void route(IncomingRequest request) {
        var host = request.authority().host();
        var path = request.target().path();
        if (gateway.management.isManagement(host)) {
            if (path.equals("/health")) {
                health(request);
                return;
            }
            var target = gateway.management.find(path);
            if (target != null) {
                manage(request, target);
                return;
            }
        }
        var route = gateway.routes.now().find(host, path);
        if (route == null) {
            refuse(request, Refused.of(HttpStatus.NOT_FOUND, "not-found", "there is no route for this host and path"));
        } else if (request.contentLength() > route.maxBodyBytes()) {
            refuse(request, Refused.broken(HttpStatus.REQUEST_ENTITY_TOO_LARGE, "the request body is too large"));
        } else if (request.websocket() && !route.upgrades()) {
            refuse(request, Refused.of(HttpStatus.NOT_IMPLEMENTED, "upgrade-refused", "this route does not upgrade"));
        } else if (route.access() == Access.OPEN) {
            forward(request, route, null, null);
        } else {
            identify(request, route);
        }
    }

    private void health(IncomingRequest request) {
        boolean read =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (!read) {
            refuse(
                    request,
                    Refused.of(HttpStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "this method is not allowed here"));
            return;
        }
        boolean ready = gateway.readiness.isReady() && !gateway.draining;
        var body = Unpooled.wrappedBuffer(ready ? UP : DOWN);
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, ready ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        answer(response, request.keepAlive(), request.http10());
    }

    private void identify(IncomingRequest request, Route route) {
        var authorization = request.authorization();
        if (authorization == null || request.ambiguous()) {
            refuse(
                    request,
                    unauthorized(
                            request.ambiguous() ? "there is more than one Authorization" : "a bearer token is required",
                            false));
            return;
        }
        var host = request.authority().host();
        if (authorization.equals(lastAuthorization) && host.equals(lastHost)) {
            var verdict = gateway.verdicts.usable(lastVerdict);
            if (verdict != null) {
                decide(request, route, verdict);
                return;
            }
        }
        var token = token(authorization);
        if (token == null) {
            refuse(request, unauthorized("the bearer token is malformed", true));
            return;
        }
        var question = new Verdicts.Question(Sha256.of(token), host);
        lastAuthorization = authorization;
        lastHost = host;
        lastQuestion = question;
        lastVerdict = gateway.verdicts.recall(question);
        if (lastVerdict != null) {
            decide(request, route, lastVerdict);
            return;
        }
        var old = gateway.verdicts.recallWhileAsking(question);
        var asked = gateway.verdicts.ask(question, token);
        if (old != null) {
            await(asked, _ -> {}); // for the next one
            decide(request, route, old);
            return;
        }
        await(asked, verdict -> {
            if (question.equals(lastQuestion)) {
                lastVerdict = verdict;
            }
            if (state == State.DECIDING) {
                decide(request, route, verdict);
                drain();
            }
        });
    }

    private void decide(IncomingRequest request, Route route, Verdict verdict) {
        switch (verdict) {
            case Verdict.Accepted yes -> forward(request, route, yes.userId(), null);
            case Verdict.Refused no
            when no.forbidden() -> refuse(request, Refused.of(HttpStatus.FORBIDDEN, "access-denied", no.detail()));
            case Verdict.Refused no -> refuse(request, unauthorized(no.detail(), true));
            case Verdict.Unavailable away ->
                refuse(request, Refused.unavailable(away.detail(), away.retryAfterSeconds()));
        }
    }

    private void manage(IncomingRequest request, ManagementRoutes.Target target) {
        if (request.contentLength() > target.route().maxBodyBytes()) {
            refuse(request, Refused.broken(HttpStatus.REQUEST_ENTITY_TOO_LARGE, "the request body is too large"));
            return;
        }
        var audience = target.audience();
        if (audience == null) {
            forward(request, target.route(), null, request.ambiguous() ? null : request.authorization());
            return;
        }
        var credential = request.apiKey();
        if (credential == null && request.authorization() != null) {
            credential = token(request.authorization());
        } else if (credential != null && request.authorization() != null) {
            refuse(request, unauthorized("there is more than one credential", true));
            return;
        }
        if (credential == null || request.ambiguous()) {
            refuse(request, unauthorized("an API key or access token is required", false));
            return;
        }
        await(gateway.credentials.exchange(credential.strip(), audience), outcome -> {
            if (state != State.DECIDING) {
                return;
            }
            switch (outcome) {
                case Credentials.Outcome.Exchanged(var token) ->
                    forward(request, target.route(), null, BEARER + token.reveal());
                case Credentials.Outcome.Refused() ->
                    refuse(request, unauthorized("the API key or access token is not valid", true));
                case Credentials.Outcome.Unavailable() ->
                    refuse(request, Refused.unavailable("the credential cannot be checked now", 2));
            }
            drain();
        });
    }

    /// The token of a well-formed bearer credential (RFC 6750 §2.1), or null.
    private static @Nullable String token(String authorization) {
        if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        var token = authorization.substring(BEARER.length()).strip();
        if (token.isEmpty() || token.length() > RawJwt.MAX_LENGTH) {
            return null;
        }
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c <= 0x20 || c >= 0x7f || c == ',') {
                return null;
            }
        }
        return token;
    }

    private Refused unauthorized(String detail, boolean sent) {
        return Refused.of(HttpStatus.UNAUTHORIZED, "invalid-token", detail)
                .withChallenge(
                        sent
                                ? gateway.challenge + ", error=\"invalid_token\", error_description=\""
                                        + detail.replace('"', '\'').replace('\\', ' ') + "\""
                                : gateway.challenge);
    }

    private <T> void await(Mono<T> answer, java.util.function.Consumer<T> then) {
        var loopOfThis = ctx().channel().eventLoop();
        var _ = answer.subscribe(
                value -> loopOfThis.execute(() -> then.accept(value)),
                fault -> loopOfThis.execute(() -> {
                    log.error("A question failed", fault);
                    close();
                }));
    }

    // ------------------------------------------------------------ on its way

    private void forward(
            IncomingRequest request, Route route, @Nullable String userId, @Nullable String authorization) {
        if (request.expectsContinue() && request.hasBody()) {
            ctx().writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
        state = State.FORWARDING;
        var head = UpstreamHead.of(request, route, userId, authorization, ctx().channel());
        var next = new Exchange(this, loop, route, request, head);
        exchange = next;
        next.begin();
    }

    void onUpstreamReady() {
        if (exchange != null) {
            exchange.resendEnd();
        }
        drain();
    }

    void onExchangeProgress() {
        var current = exchange;
        if (current == null || !current.isResponseDone()) {
            return;
        }
        if (current.isDone()) {
            exchange = null;
            if (current.keepsAlive()) {
                ctx().flush();
                toIdle();
            } else {
                lingerAndClose();
            }
        } else {
            // The upstream answered before it had the whole request.
            exchange = null;
            state = State.DISCARDING;
            keepAliveAfterDiscarding = current.keepsAlive();
            discarded = 0;
            ctx().flush();
            drain();
        }
    }

    private void toIdle() {
        state = State.IDLE;
        since = loop.now();
        if (!queue.isEmpty()) {
            // Not from here: a long row of pipelined requests would become a deep stack.
            ctx().channel().eventLoop().execute(this::drain);
        } else {
            resumeReading();
        }
    }

    void write(DefaultHttpResponse response, int status) {
        gateway.count(status);
        ctx().write(response, ctx().voidPromise());
    }

    void write(HttpContent part) {
        ctx().write(part, ctx().voidPromise());
    }

    void flush() {
        ctx().flush();
    }

    boolean isWritable() {
        return ctx().channel().isWritable();
    }

    boolean isDraining() {
        return gateway.draining;
    }

    long bodyTimeoutNanos() {
        return gateway.settings.bodyTimeout().toNanos();
    }

    void pauseReading() {
        ctx().channel().config().setAutoRead(false);
    }

    void resumeReading() {
        if (queue.isEmpty() && (exchange == null || !exchange.isUpstreamFull())) {
            ctx().channel().config().setAutoRead(true);
        }
    }

    // ------------------------------------------------------------ the gateway's own answers

    /// An exchange that failed before anything was answered.
    void fail(Exchange failed, Refused refused) {
        if (exchange != failed) {
            return;
        }
        exchange = null;
        refuse(refused, failed.keepsAlive(), false);
        if (state == State.DISCARDING && failed.isRequestDone()) {
            toIdle();
        }
        drain();
    }

    private void refuse(@Nullable IncomingRequest request, Refused refused) {
        boolean keepAlive = request != null && request.keepAlive() && !(request.expectsContinue() && request.hasBody());
        refuse(refused, keepAlive, request != null && request.http10());
    }

    private void refuse(Refused refused, boolean keepAlive, boolean http10) {
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(refused.status().getCode()),
                Unpooled.wrappedBuffer(refused.body()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json");
        if (!refused.challenge().isEmpty()) {
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, refused.challenge());
        }
        if (refused.retryAfter() > 0) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, refused.retryAfter());
        }
        if (refused.status() == HttpStatus.METHOD_NOT_ALLOWED) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        }
        answer(response, keepAlive && !refused.close(), http10);
    }

    private void answer(FullHttpResponse response, boolean wantsToGoOn, boolean http10) {
        gateway.count(response.status().code());
        boolean keepAlive = wantsToGoOn && !gateway.draining;
        response.headers()
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (http10) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        ctx().writeAndFlush(response, ctx().voidPromise());
        if (keepAlive) {
            // Even a request without a body ends with a last part.
            state = State.DISCARDING;
            keepAliveAfterDiscarding = true;
            discarded = 0;
            since = loop.now();
        } else {
            lingerAndClose();
        }
    }

    /// Ends the connection so that the client can still read the answer: what it goes on sending is taken and thrown
    /// away
    /// for a moment, since closing on unread bytes would reset the connection.
    private void lingerAndClose() {
        if (state == State.CLOSING) {
            return;
        }
        state = State.CLOSING;
        since = loop.now();
        for (Object message = queue.poll(); message != null; message = queue.poll()) {
            ReferenceCountUtil.release(message);
        }
        var channel = ctx().channel();
        ctx().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) done -> {
            if (channel instanceof DuplexChannel duplex && duplex.isActive()) {
                duplex.shutdownOutput();
            }
        });
        channel.config().setAutoRead(true);
    }

    void close() {
        state = State.CLOSING;
        ctx().close();
    }

    /// Closes a connection that serves nobody now: the gateway is stopping.
    void closeIfIdle() {
        if (state == State.IDLE) {
            close();
        }
    }

    // ------------------------------------------------------------ WebSocket

    void becomeRelay(Channel upstream, DefaultHttpResponse switching) {
        var client = ctx();
        state = State.RELAY;
        exchange = null;
        since = loop.now();
        gateway.count(101);
        client.writeAndFlush(switching);
        Runnable onTraffic = () -> since = loop.now();
        var pipeline = upstream.pipeline();
        pipeline.addLast("relay", new Relay(client.channel(), onTraffic));
        pipeline.remove("upstream");
        var mine = client.pipeline();
        mine.addLast("relay", new Relay(upstream, onTraffic));
        // What either codec has read beyond the switch is passed on when it is removed.
        pipeline.remove("codec");
        mine.remove("codec");
        upstream.config().setAutoRead(true);
        client.channel().config().setAutoRead(true);
    }

    // ------------------------------------------------------------ time

    void onTick(long now) {
        switch (state) {
            case IDLE -> {
                var limit = first ? gateway.settings.headTimeout() : gateway.settings.idleTimeout();
                if (now - since > limit.toNanos()) {
                    close();
                }
            }
            case DISCARDING -> {
                if (now - since > bodyTimeoutNanos()) {
                    close();
                }
            }
            case CLOSING -> {
                if (now - since > LINGER_NANOS) {
                    ctx().close();
                }
            }
            case RELAY -> {
                if (now - since > RELAY_IDLE_NANOS) {
                    close();
                }
            }
            case FORWARDING -> {
                if (blockedSince != 0 && now - blockedSince > STALLED_NANOS) {
                    close();
                } else if (exchange != null) {
                    exchange.onTick(now);
                }
            }
            case DECIDING -> {} // every question has a deadline of its own
        }
    }

    private ChannelHandlerContext ctx() {
        return java.util.Objects.requireNonNull(context);
    }
}
