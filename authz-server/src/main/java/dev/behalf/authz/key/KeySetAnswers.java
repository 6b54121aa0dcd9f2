package dev.behalf.authz.key;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.runtime.server.EmbeddedServer;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Puts a [KeySetHandler] into every connection of the server but those of the management port. What it answers
/// counts in `behalf.jwks.answers`, not in `http.server.requests`.
@Singleton
final class KeySetAnswers implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {

    /// RFC 9110 §5.6.7.
    private static final DateTimeFormatter IMF_FIXDATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private record Second(long number, String text) {}

    private final BeanProvider<SigningKeys> keys;
    private final BeanProvider<MeterRegistry> metrics;
    private final BeanProvider<Clock> clock;
    private final BeanProvider<EmbeddedServer> server;
    private volatile Second now = new Second(-1, "");

    /// None of these is made before the first connection asks for it.
    KeySetAnswers(
            BeanProvider<SigningKeys> keys,
            BeanProvider<MeterRegistry> metrics,
            BeanProvider<Clock> clock,
            BeanProvider<EmbeddedServer> server) {
        this.keys = keys;
        this.metrics = metrics;
        this.clock = clock;
        this.server = server;
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        event.getBean().register(new OfEachConnection(null));
        return event.getBean();
    }

    private final class OfEachConnection implements NettyServerCustomizer {

        private final @Nullable Channel channel;

        OfEachConnection(@Nullable Channel channel) {
            this.channel = channel;
        }

        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            return role == ChannelRole.CONNECTION ? new OfEachConnection(channel) : this;
        }

        @Override
        public void onStreamPipelineBuilt() {
            if (channel != null
                    && channel.pipeline().get(ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND) != null
                    && channel.localAddress() instanceof InetSocketAddress own
                    && own.getPort() == server.get().getPort()) {
                var signing = keys.get();
                var counter = metrics.get().counter("behalf.jwks.answers");
                var time = clock.get();
                channel.pipeline()
                        .addBefore(
                                ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND,
                                "key-set",
                                new KeySetHandler(() -> answer(signing.published(), counter, time)));
            }
        }
    }

    private @Nullable HttpResponse answer(byte @Nullable [] keySet, Counter counter, Clock time) {
        if (keySet == null) {
            return null;
        }
        counter.increment();
        var answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(keySet));
        answer.headers()
                .set(HttpHeaderNames.CACHE_CONTROL, JwksController.CACHE_CONTROL)
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "WWW-Authenticate, Retry-After")
                .set(HttpHeaderNames.DATE, date(time))
                .setInt(HttpHeaderNames.CONTENT_LENGTH, keySet.length);
        return answer;
    }

    private String date(Clock time) {
        long millis = time.millis();
        var last = now;
        if (last.number != millis / 1000) {
            last = new Second(millis / 1000, IMF_FIXDATE.format(Instant.ofEpochMilli(millis)));
            now = last;
        }
        return last.text;
    }
}
