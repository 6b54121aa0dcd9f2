package dev.behalf.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.behalf.gateway.ApiGateway;
import dev.behalf.gateway.route.Upstream;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RawUpstream;
import io.netty.channel.epoll.Epoll;
import java.util.HashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What the pool gives out in the moment between an upstream's closing of a connection and the event loop's notice of
/// it: the loop is kept busy here, so that the moment lasts.
@Timeout(60)
class IdleConnectionTest {

    @Test
    void aConnectionThatIsClosedButNotYetNoticedIsNotGivenToARequestThatCannotBeSentAgain() throws Exception {
        assumeTrue(Epoll.isAvailable(), "only Linux's epoll can tell");
        var close = new Semaphore(0);
        var closed = new CountDownLatch(2);
        var settings = new HashMap<String, Object>(FakeAuthzServer.shared().settings());
        settings.put("behalf.kafka.bootstrap-servers", "127.0.0.1:1");
        settings.put("behalf.providers.registry", "http://127.0.0.1:1");
        settings.put("behalf.validator.url", "http://127.0.0.1:1");
        settings.put("behalf.gateway.host", "127.0.0.1");
        settings.put("behalf.gateway.port", 0);
        settings.put("behalf.gateway.public-url", "http://localhost");
        settings.put("endpoints.all.port", -1);
        try (var server = new RawUpstream((socket, _, _) -> {
                    close.acquire();
                    socket.close();
                    closed.countDown();
                });
                var context = ApiGateway.start(settings)) {
            var port = Integer.parseInt(server.url().replaceFirst(".*:", ""));
            var upstream = new Upstream("127.0.0.1", port, "127.0.0.1:" + port);
            var group = Transport.EPOLL.eventLoops(1);
            try {
                var loop = group.next();
                var pool = new LoopState(loop, context.getBean(GatewayContext.class));
                var first = connection(pool, upstream);
                var second = connection(pool, upstream);

                loop.submit(() -> {
                            pool.keep(upstream, first, Long.MAX_VALUE / 2);
                            assertThat(pool.idle(upstream, true)).isSameAs(first);
                            pool.keep(upstream, first, Long.MAX_VALUE / 2);
                            pool.keep(upstream, second, Long.MAX_VALUE / 2);
                            close.release(2);
                            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();

                            assertThat(second.channel().isActive()).isTrue(); // as far as this loop has noticed
                            assertThat(pool.idle(upstream, false)).isSameAs(second);
                            assertThat(pool.idle(upstream, true)).isNull();
                            return true;
                        })
                        .get(30, TimeUnit.SECONDS);
            } finally {
                group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
            }
        }
    }

    private static UpstreamConnection connection(LoopState pool, Upstream upstream) throws InterruptedException {
        return pool.connect(upstream, 1000).sync().channel().pipeline().get(UpstreamConnection.class);
    }
}
