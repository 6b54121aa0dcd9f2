package dev.behalf.gateway.proxy;

import dev.behalf.gateway.route.Upstream;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.util.AttributeKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What belongs to one event loop: its clients' connections, whose time limits it watches, and its idle connections to
/// upstreams. Touched on that loop only, so nothing here is locked.
final class LoopState {

    /// Shorter than common servers keep an idle connection, so that a reused one is rarely just being closed.
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private static final int MAX_IDLE_EACH = 128;
    private static final long TICK_MILLIS = 250;
    private static final AttributeKey<Long> IDLE_SINCE = AttributeKey.valueOf("behalf.idle-since");

    /// Connections to upstreams buffer this much before the other side is told to wait.
    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private final EventLoop loop;
    private final GatewayContext gateway;
    private final Map<Upstream, ArrayDeque<Channel>> idle = new HashMap<>();
    private final Set<ClientConnection> clients = new HashSet<>();
    private long now = System.nanoTime();

    LoopState(EventLoop loop, GatewayContext gateway) {
        this.loop = loop;
        this.gateway = gateway;
        var _ = loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// The monotonic time of the last tick, in nanoseconds: exact enough for limits of seconds, and free.
    long now() {
        return now;
    }

    void add(ClientConnection client) {
        clients.add(client);
    }

    void remove(ClientConnection client) {
        clients.remove(client);
    }

    /// Closes the connections that serve nobody now.
    void closeIdleClients() {
        new ArrayList<>(clients).forEach(ClientConnection::closeIfIdle);
        idle.values().forEach(channels -> channels.forEach(Channel::close));
        idle.clear();
    }

    /// An idle connection to the upstream, or null.
    @Nullable
    Channel idle(Upstream upstream) {
        var channels = idle.get(upstream);
        if (channels == null) {
            return null;
        }
        for (Channel channel = channels.pollLast(); channel != null; channel = channels.pollLast()) {
            if (channel.isActive()) {
                return channel;
            }
        }
        return null;
    }

    /// Keeps a connection that has answered completely.
    void keep(Upstream upstream, Channel channel) {
        var channels = idle.computeIfAbsent(upstream, _ -> new ArrayDeque<>());
        if (channels.size() >= MAX_IDLE_EACH || gateway.draining) {
            channel.close();
            return;
        }
        channel.attr(IDLE_SINCE).set(now);
        channels.addLast(channel);
    }

    /// A new connection to the upstream, on this loop.
    ChannelFuture connect(Upstream upstream, int timeoutMillis) {
        return new Bootstrap()
                .group(loop)
                .channel(gateway.transport.channel())
                .resolver(AsyncNames.GROUP)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        "codec",
                                        new HttpClientCodec(
                                                new HttpDecoderConfig()
                                                        .setMaxHeaderSize(64 * 1024)
                                                        .setMaxInitialLineLength(8 * 1024),
                                                false,
                                                false))
                                .addLast("upstream", new UpstreamConnection());
                    }
                })
                .connect(upstream.host(), upstream.port());
    }

    private void tick() {
        now = System.nanoTime();
        for (var client : new ArrayList<>(clients)) {
            client.onTick(now);
        }
        for (var channels : idle.values()) {
            while (!channels.isEmpty()
                    && now - channels.peekFirst().attr(IDLE_SINCE).get() > IDLE_NANOS) {
                channels.pollFirst().close();
            }
        }
    }
}
