package dev.behalf.kernel.database;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import reactor.netty.resources.LoopResources;

/// The event loops of the service's HTTP server, for the driver of the database. They stay the server's:
/// disposing of this ends nothing.
record SharedLoops(EventLoopGroup loops) implements LoopResources {

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return loops;
    }

    @Override
    public <C extends Channel> C onChannel(Class<C> type, EventLoopGroup group) {
        if (type != SocketChannel.class) {
            throw new IllegalArgumentException("the driver opens TCP connections only, not " + type);
        }
        return type.cast(new NioSocketChannel());
    }

    @Override
    public void dispose() {
        // not ours to end
    }
}
