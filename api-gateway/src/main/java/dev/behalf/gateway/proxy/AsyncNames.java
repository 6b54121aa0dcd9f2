package dev.behalf.gateway.proxy;

import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import reactor.core.scheduler.Schedulers;

/// Looks the names of upstreams up on worker threads: Java's resolver waits, and an event loop must not.
final class AsyncNames extends AddressResolverGroup<InetSocketAddress> {

    static final AsyncNames GROUP = new AsyncNames();

    private AsyncNames() {}

    @Override
    protected InetSocketAddressResolver newResolver(EventExecutor executor) {
        return new InetSocketAddressResolver(executor, new InetNameResolver(executor) {
            @Override
            protected void doResolve(String name, Promise<InetAddress> promise) {
                var _ = Schedulers.boundedElastic().schedule(() -> {
                    try {
                        promise.trySuccess(InetAddress.getByName(name));
                    } catch (UnknownHostException e) {
                        promise.tryFailure(e);
                    }
                });
            }

            @Override
            protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
                var _ = Schedulers.boundedElastic().schedule(() -> {
                    try {
                        promise.trySuccess(List.of(InetAddress.getAllByName(name)));
                    } catch (UnknownHostException e) {
                        promise.tryFailure(e);
                    }
                });
            }
        });
    }
}
