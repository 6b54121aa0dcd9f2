package dev.behalf.gateway.proxy;

import dev.behalf.gateway.mcp.ElicitationRequired;
import dev.behalf.gateway.mcp.JsonRpcRequest;
import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.vault.Consent;
import dev.behalf.gateway.wire.IncomingRequest;
import dev.behalf.gateway.wire.Refused;
import dev.behalf.gateway.wire.RequestGuard;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A client's connection: one request after the other, each checked, judged and forwarded, in their order. All
/// of it happens on the connection's event loop; what must be waited for comes back to it.
final class ClientConnection extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);
    private static final long MAX_DISCARDED = 1 << 20;
    private static final int MAX_READINGS = 64;
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RELAY_IDLE_NANOS = TimeUnit.MINUTES.toNanos(10);

    /// Where the connection stands.
    private enum State {
        /// Between requests.
        IDLE,
        /// A request's head was read; who it is for, and whether it may, is being found out.
        DECIDING,
        /// An exchange is under way.
        FORWARDING,
        /// The request goes no further, but its body is read for the id that the answer must have.
        READING,
        /// The answer is given; the rest of the request's body is read and thrown away.
        DISCARDING,
        /// The last answer is written; the connection is about to end.
        CLOSING,
        /// It is a WebSocket now.
        RELAY
    }

    private final GatewayContext gateway;
    private final LoopState loop;
    private final Admission admission;
    private final ArrayDeque<Object> queue = new ArrayDeque<>(4);

    private @Nullable ChannelHandlerContext context;
    private State state = State.IDLE;
    private @Nullable Exchange exchange;
    private @Nullable Reading reading;
    private boolean keepAliveAfterDiscarding;
    private boolean first = true;
    private boolean lingering;
    private long discarded;
    private long since;
    private long waitingBytes;
    private long waitingSince;

    ClientConnection(GatewayContext gateway, LoopState loop, EventLoop eventLoop) {
        this.gateway = gateway;
        this.loop = loop;
        this.admission = new Admission(gateway, eventLoop, this::onLateDecision);
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
        admission.cancel();
        leaveReading();
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
            case READING, DISCARDING -> message instanceof HttpContent;
            case CLOSING -> true;
        };
    }

    private void take(Object message) {
        switch (message) {
            case HttpRequest head -> onHead(head);
            case HttpContent part when state == State.FORWARDING && exchange != null -> exchange.onRequestPart(part);
            case HttpContent part when state == State.READING && reading != null -> read(reading, part);
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

    // ------------------------------------------------------------ what becomes of it

    private void onHead(HttpRequest head) {
        state = State.DECIDING;
        first = false;
        switch (RequestGuard.check(head)) {
            case RequestGuard.Outcome.Stopped(var refused) -> refuse(null, refused);
            case RequestGuard.Outcome.Passed(var request) -> {
                var decision = admission.decide(request);
                if (decision != null) {
                    onDecision(request, decision);
                }
            }
        }
    }

    private void onDecision(IncomingRequest request, Admission.Decision decision) {
        switch (decision) {
            case Admission.Decision.Forward(var route, var userId, var credential) ->
                forward(request, route, userId, credential);
            case Admission.Decision.AskUser(var consent) -> askUser(request, consent);
            case Admission.Decision.Refuse(var refused) -> refuse(request, refused);
            case Admission.Decision.Metadata(var protection) ->
                answer(OwnAnswers.metadata(protection.metadata()), request.keepAlive(), request.http10());
            case Admission.Decision.Preflight() ->
                answer(OwnAnswers.preflight(), request.keepAlive(), request.http10());
            case Admission.Decision.Health() ->
                answer(
                        OwnAnswers.health(gateway.readiness.isReady() && !gateway.draining),
                        request.keepAlive(),
                        request.http10());
        }
    }

    private void onLateDecision(IncomingRequest request, Admission.Decision decision) {
        if (state == State.DECIDING) {
            onDecision(request, decision);
            drain();
        }
    }

    // ------------------------------------------------------------ on its way

    private void forward(
            IncomingRequest request, Route route, @Nullable String userId, @Nullable Credential credential) {
        if (!gateway.enter(route)) {
            refuse(request, Refused.overloaded("too many requests are under way"));
            return;
        }
        if (request.expectsContinue() && request.hasBody()) {
            ctx().writeAndFlush(OwnAnswers.goOn());
        }
        state = State.FORWARDING;
        var head = UpstreamHead.of(request, route, userId, credential, ctx().channel());
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
            since = loop.now();
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

    /// The exchange is no longer under way.
    void leave(Route route) {
        gateway.leave(route);
    }

    /// An exchange that failed before anything was answered.
    void fail(Exchange failed, Refused refused) {
        if (exchange != failed) {
            return;
        }
        exchange = null;
        refuse(refused, failed.keepsAlive(), failed.isHttp10());
        if (state == State.DISCARDING && failed.isRequestDone()) {
            toIdle();
        }
        drain();
    }

    private void refuse(@Nullable IncomingRequest request, Refused refused) {
        refuse(refused, request != null && goesOn(request), request != null && request.http10());
    }

    /// Whether the connection can go on after an answer that does not wait for the request's body.
    private static boolean goesOn(IncomingRequest request) {
        return request.keepAlive() && !(request.expectsContinue() && request.hasBody());
    }

    private void refuse(Refused refused, boolean keepAlive, boolean http10) {
        answer(OwnAnswers.refusal(refused), keepAlive && !refused.close(), http10);
    }

    private void answer(FullHttpResponse response, boolean wantsToGoOn, boolean http10) {
        gateway.count(response.status().code());
        boolean keepAlive = wantsToGoOn && !gateway.draining;
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

    /// Ends the connection so that the client can still read the answer: what it goes on sending is taken and
    /// thrown away for a moment, since closing on unread bytes would reset the connection.
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
            lingering = true;
            since = loop.now();
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
        if (state == State.IDLE && bytesThatWait() == 0) {
            close();
        }
    }

    // ------------------------------------------------------------ what the user has to do first

    /// A request whose body is read for its id.
    private record Reading(IncomingRequest request, Consent consent, JsonRpcRequest message) {}

    private void askUser(IncomingRequest request, Consent consent) {
        if (ElicitationRequired.mayBeFor(request) && gateway.readings.enter(MAX_READINGS)) {
            state = State.READING;
            since = loop.now();
            reading = new Reading(request, consent, new JsonRpcRequest());
            return; // what waits is taken from here on
        }
        answer(OwnAnswers.consentRequired(consent), goesOn(request), request.http10());
    }

    private void read(Reading current, HttpContent part) {
        boolean last = part instanceof LastHttpContent;
        boolean broken = part.decoderResult().isFailure();
        boolean mayBe = !broken && current.message.read(part.content());
        part.release();
        if (mayBe && !last) {
            return;
        }
        var id = mayBe ? current.message.end() : Optional.empty();
        leaveReading();
        answer(
                id.map(known -> OwnAnswers.elicitation(ElicitationRequired.error(known, current.consent)))
                        .orElseGet(() -> OwnAnswers.consentRequired(current.consent)),
                current.request.keepAlive() && !broken,
                current.request.http10());
        if (state == State.DISCARDING && last) {
            toIdle();
        }
    }

    private void leaveReading() {
        var current = reading;
        reading = null;
        if (current != null) {
            current.message.close();
            gateway.readings.leave();
        }
    }

    // ------------------------------------------------------------ WebSocket

    void becomeRelay(Channel upstream, DefaultHttpResponse switching) {
        var client = ctx();
        exchange = null;
        if (!queue.isEmpty()) {
            // It has sent more before it knew of the switch: whether as HTTP or not cannot be told.
            upstream.close();
            end();
            close();
            return;
        }
        state = State.RELAY;
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
                if (bytesThatWait() > 0) {
                    since = now; // it is still busy with the last answer
                }
                if (isStalled(now) || now - since > limit.toNanos()) {
                    close();
                }
            }
            case DISCARDING -> {
                if (now - since > bodyTimeoutNanos()) {
                    lingerAndClose();
                }
            }
            case READING -> {
                var current = reading;
                if (current != null && now - since > bodyTimeoutNanos()) {
                    leaveReading();
                    answer(OwnAnswers.consentRequired(current.consent), false, current.request.http10());
                }
            }
            case CLOSING -> {
                // Until it lingers, a slow client is still taking the answer.
                if (lingering ? now - since > LINGER_NANOS : isStalled(now)) {
                    ctx().close();
                }
            }
            case RELAY -> {
                if (now - since > RELAY_IDLE_NANOS) {
                    close();
                }
            }
            case FORWARDING -> {
                if (isStalled(now)) {
                    close();
                } else if (exchange != null) {
                    exchange.onTick(now);
                }
            }
            case DECIDING -> {} // every question has a deadline of its own
        }
    }

    /// Whether the client has taken nothing of what waits for it for too long.
    private boolean isStalled(long now) {
        long bytes = bytesThatWait();
        if (bytes == 0 || bytes != waitingBytes) {
            waitingBytes = bytes;
            waitingSince = now;
            return false;
        }
        return now - waitingSince > gateway.settings.stallTimeout().toNanos();
    }

    /// Of what was written to the client, how much its system has not taken.
    private long bytesThatWait() {
        var waiting = ctx().channel().unsafe().outboundBuffer();
        return waiting == null ? 0 : waiting.totalPendingWriteBytes();
    }

    private ChannelHandlerContext ctx() {
        return java.util.Objects.requireNonNull(context);
    }
}
