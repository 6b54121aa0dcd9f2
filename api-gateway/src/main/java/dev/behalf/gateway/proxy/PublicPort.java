package dev.behalf.gateway.proxy;

import dev.behalf.gateway.wire.StrictCodec;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens on the public port. A connection and all its upstream connections live on one event loop; the handlers on
/// it are, in order: [StrictCodec] and [ClientConnection].
///
/// When the gateway stops, it takes no new connections, closes idle ones, and lets requests in flight end.
@Context
public final class PublicPort {

    private static final Logger log = LoggerFactory.getLogger(PublicPort.class);

    private final GatewayContext gateway;
    private final Map<EventLoop, LoopState> loops = new ConcurrentHashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private @Nullable EventLoopGroup group;
    private @Nullable Channel server;

    PublicPort(GatewayContext gateway, MeterRegistry metrics) {
        this.gateway = gateway;
        Gauge.builder("behalf.gateway.connections", connections, AtomicInteger::get)
                .register(metrics);
    }

    @PostConstruct
    void start() throws InterruptedException {
        var settings = gateway.settings;
        int threads = settings.threads() > 0
                ? settings.threads()
                : Runtime.getRuntime().availableProcessors();
        group = gateway.transport.eventLoops(threads);
        server = new ServerBootstrap()
                .group(group)
                .channel(gateway.transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, 4096)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, LoopState.WATER_MARK)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accept(channel);
                    }
                })
                .bind(settings.host(), settings.port())
                .sync()
                .channel();
        log.info("Listening on port {} with {}", port(), gateway.transport);
    }

    /// The port that it listens on.
    public int port() {
        return server != null && server.localAddress() instanceof InetSocketAddress address ? address.getPort() : -1;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        gateway.draining = true;
        if (server != null) {
            server.close().sync();
        }
        long end = System.nanoTime() + gateway.settings.drainTimeout().toNanos();
        while (connections.get() > 0 && System.nanoTime() < end) {
            loops.forEach((loop, state) -> loop.execute(state::closeIdleClients));
            TimeUnit.MILLISECONDS.sleep(50);
        }
        if (group != null) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(3, TimeUnit.SECONDS);
        }
    }

    private void accept(SocketChannel channel) {
        if (connections.incrementAndGet() > gateway.settings.maxConnections()) {
            connections.decrementAndGet();
            channel.close();
            return;
        }
        channel.closeFuture().addListener(_ -> connections.decrementAndGet());
        var loop = loops.computeIfAbsent(channel.eventLoop(), mine -> new LoopState(mine, gateway));
        channel.pipeline()
                .addLast(
                        "codec",
                        new StrictCodec(new HttpDecoderConfig()
                                .setMaxInitialLineLength(16 * 1024)
                                .setMaxHeaderSize(gateway.settings.maxHeaderBytes())
                                .setMaxChunkSize(64 * 1024)
                                .setValidateHeaders(true)
                                .setAllowDuplicateContentLengths(false)))
                .addLast("client", new ClientConnection(gateway, loop, channel.eventLoop()));
    }
}
