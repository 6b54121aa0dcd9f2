package dev.behalf.gateway.proxy;

import dev.behalf.gateway.wire.UpstreamCodec;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/// The end of a connection to an upstream: hands what arrives to the exchange that uses the connection now. Interim
/// responses (1xx) are for the gateway, which has no use for them; 101 ends HTTP and is a response.
final class UpstreamConnection extends ChannelInboundHandlerAdapter {

    private final Channel channel;
    private final UpstreamCodec codec;
    private @Nullable Exchange exchange;
    private boolean interim;

    /// When the pool gives it up, of the loop's clock; of the pool alone.
    long idleUntil;

    UpstreamConnection(Channel channel, UpstreamCodec codec) {
        this.channel = channel;
        this.codec = codec;
    }

    Channel channel() {
        return channel;
    }

    /// Whether another request may be sent on it.
    boolean isClean() {
        return codec.isClean();
    }

    void serve(@Nullable Exchange next) {
        exchange = next;
        interim = false;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var current = exchange;
        if (current == null) {
            ReferenceCountUtil.release(message);
            ctx.close(); // an upstream that speaks unasked is not to be trusted with the next request
            return;
        }
        switch (message) {
            case HttpResponse head -> {
                int status = head.status().code();
                interim = status >= 100
                        && status < 200
                        && status != 101
                        && head.decoderResult().isSuccess();
                if (!interim) {
                    current.onResponse(head);
                }
            }
            case HttpContent part
            when interim -> {
                interim = !(part instanceof LastHttpContent);
                part.release();
            }
            case HttpContent part -> current.onResponsePart(part);
            default -> ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.flushClient();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.onUpstreamWritability(ctx.channel().isWritable());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.onUpstreamClosed();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // said by channelInactive
    }
}
