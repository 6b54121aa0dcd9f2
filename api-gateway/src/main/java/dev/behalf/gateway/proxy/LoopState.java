package dev.behalf.gateway.proxy;

import dev.behalf.gateway.route.Upstream;
import dev.behalf.gateway.wire.UpstreamCodec;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What belongs to one event loop: its clients' connections, whose time limits it watches, and its idle connections
/// to upstreams. Touched on that loop only, so nothing here is locked.
final class LoopState {

    /// Shorter than common servers keep an idle connection, so that a reused one is rarely just being closed.
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private static final int MAX_IDLE_EACH = 128;
    private static final long TICK_MILLIS = 250;
    private static final int ESTABLISHED = 1; // TCP_ESTABLISHED of Linux

    /// Connections to upstreams buffer this much before the other side is told to wait.
    static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private final EventLoop loop;
    private final GatewayContext gateway;
    private final Map<Upstream, ArrayDeque<UpstreamConnection>> idle = new HashMap<>();
    private final Set<ClientConnection> clients = new HashSet<>();
    private final EpollTcpInfo tcp = new EpollTcpInfo();
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
        idle.values()
                .forEach(all -> all.forEach(connection -> connection.channel().close()));
        idle.clear();
    }

    /// An idle connection to the upstream, or null.
    ///
    /// @param mustLive whether the request cannot be sent again: the kernel is then asked whether the upstream has
    ///                 closed the connection in this very moment
    @Nullable
    UpstreamConnection idle(Upstream upstream, boolean mustLive) {
        var connections = idle.get(upstream);
        if (connections == null) {
            return null;
        }
        while (!connections.isEmpty()) {
            var last = connections.removeLast();
            if (last.channel().isActive() && (!mustLive || isOpenAtPeer(last.channel()))) {
                return last;
            }
            last.channel().close();
        }
        return null;
    }

    /// Where the transport cannot tell, the event of the closing will.
    private boolean isOpenAtPeer(Channel channel) {
        if (channel instanceof EpollSocketChannel socket) {
            socket.tcpInfo(tcp);
            return tcp.state() == ESTABLISHED;
        }
        return true;
    }

    /// Keeps a connection that has answered completely.
    ///
    /// @param keepAliveNanos how long the upstream says that it keeps it
    void keep(Upstream upstream, UpstreamConnection connection, long keepAliveNanos) {
        var connections = idle.computeIfAbsent(upstream, _ -> new ArrayDeque<>());
        if (connections.size() >= MAX_IDLE_EACH || gateway.draining) {
            connection.channel().close();
            return;
        }
        connection.idleUntil = now + Math.min(IDLE_NANOS, keepAliveNanos);
        connections.addLast(connection);
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
                        var codec = new UpstreamCodec();
                        channel.pipeline()
                                .addLast("codec", codec)
                                .addLast("upstream", new UpstreamConnection(channel, codec));
                    }
                })
                .connect(upstream.host(), upstream.port());
    }

    private void tick() {
        now = System.nanoTime();
        for (var client : new ArrayList<>(clients)) {
            client.onTick(now);
        }
        for (var connections : idle.values()) {
            connections.removeIf(connection -> {
                boolean over = now - connection.idleUntil > 0;
                if (over) {
                    connection.channel().close();
                }
                return over;
            });
        }
    }
}
