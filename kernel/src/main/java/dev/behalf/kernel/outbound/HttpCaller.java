package dev.behalf.kernel.outbound;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/// Sends one request and reads one whole response, within a deadline and a bound on size. Redirects are not followed.
///
/// A caller made by [#guarded] checks every URL and every address that a host name resolves to against an
/// [OutboundPolicy], at the moment of connecting, so that a name which changes its answer gains nothing.
public final class HttpCaller {

    private static final int MAX_HEADER_BYTES = 16 * 1024;

    private final HttpClient client;
    private final @Nullable OutboundPolicy policy;
    private final Duration deadline;
    private final int maxBodyBytes;

    private HttpCaller(HttpClient client, @Nullable OutboundPolicy policy, Duration deadline, int maxBodyBytes) {
        this.client = client.followRedirect(false)
                .httpResponseDecoder(spec -> spec.maxHeaderSize(MAX_HEADER_BYTES))
                .option(io.netty.channel.ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(deadline.toMillis(), Integer.MAX_VALUE));
        this.policy = policy;
        this.deadline = deadline;
        this.maxBodyBytes = maxBodyBytes;
    }

    /// For URLs from our own configuration: connections are kept and reused.
    ///
    /// @param name     of the connection pool, for metrics
    /// @param deadline for the whole call, from looking up the name to the last byte
    public static HttpCaller trusted(String name, Duration deadline, int maxBodyBytes) {
        var pool = ConnectionProvider.builder(name)
                .maxConnections(64)
                .pendingAcquireMaxCount(1024)
                .pendingAcquireTimeout(deadline)
                .maxIdleTime(Duration.ofSeconds(20))
                .build();
        return new HttpCaller(HttpClient.create(pool).resolver(new NameResolution(null)), null, deadline, maxBodyBytes);
    }

    /// For URLs that someone else chose: each call has a connection of its own.
    public static HttpCaller guarded(OutboundPolicy policy, Duration deadline, int maxBodyBytes) {
        return new HttpCaller(
                HttpClient.newConnection().resolver(new NameResolution(policy)), policy, deadline, maxBodyBytes);
    }

    /// GET with the given headers. Fails with [HttpCallFailed] when there is no response to speak of.
    public Mono<HttpReply> get(URI uri, Map<String, String> headers) {
        return call(HttpMethod.GET, uri, headers, null);
    }

    /// POST of a JSON value.
    public Mono<HttpReply> postJson(URI uri, Map<String, String> headers, byte[] json) {
        var all = new java.util.HashMap<>(headers);
        all.put("Content-Type", "application/json");
        return call(HttpMethod.POST, uri, all, json);
    }

    /// Any method. Fails with [HttpCallFailed] when there is no response to speak of; a response of any status is
    /// one.
    public Mono<HttpReply> call(HttpMethod method, URI uri, Map<String, String> headers, byte @Nullable [] body) {
        if (policy != null) {
            var refusal = policy.refusal(uri);
            if (refusal.isPresent()) {
                return Mono.error(() -> new HttpCallFailed("the URL " + refusal.get()));
            }
        }
        return client.headers(h -> headers.forEach(h::set))
                .request(method)
                .uri(uri)
                .send((_, out) -> body == null ? out : out.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body))))
                .response((response, content) -> whole(content.asByteArray())
                        .map(bytes -> new HttpReply(response.status().code(), response.responseHeaders(), bytes)))
                .next()
                .timeout(deadline)
                .onErrorMap(fault -> !(fault instanceof HttpCallFailed), fault -> new HttpCallFailed(reason(fault)));
    }

    private Mono<byte[]> whole(Flux<byte[]> parts) {
        return parts.reduceWith(ByteArrayOutputStream::new, (all, part) -> {
                    if (all.size() + part.length > maxBodyBytes) {
                        throw new HttpCallFailed("the response is larger than " + maxBodyBytes + " bytes");
                    }
                    all.writeBytes(part);
                    return all;
                })
                .map(ByteArrayOutputStream::toByteArray);
    }

    private String reason(Throwable fault) {
        for (Throwable at = fault; at != null; at = at.getCause()) {
            switch (at) {
                case HttpCallFailed failed -> {
                    return String.valueOf(failed.getMessage());
                }
                case TimeoutException _, io.netty.channel.ConnectTimeoutException _ -> {
                    return "no answer within " + deadline.toMillis() + " ms";
                }
                case UnknownHostException _ -> {
                    return "the host name does not resolve";
                }
                case java.net.ConnectException _ -> {
                    return "the connection was refused";
                }
                case javax.net.ssl.SSLException _ -> {
                    return "the TLS connection failed";
                }
                default -> {}
            }
        }
        return "the connection broke";
    }

    /// Looks names up on a worker thread, never on an event loop, and lets only permitted addresses through.
    private static final class NameResolution extends AddressResolverGroup<InetSocketAddress> {

        private final @Nullable OutboundPolicy policy;

        NameResolution(@Nullable OutboundPolicy policy) {
            this.policy = policy;
        }

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new PortAwareResolver(executor, policy);
        }
    }

    private static final class PortAwareResolver extends io.netty.resolver.AbstractAddressResolver<InetSocketAddress> {

        private final @Nullable OutboundPolicy policy;

        PortAwareResolver(EventExecutor executor, @Nullable OutboundPolicy policy) {
            super(executor, InetSocketAddress.class);
            this.policy = policy;
        }

        @Override
        protected boolean doIsResolved(InetSocketAddress address) {
            return !address.isUnresolved();
        }

        @Override
        protected void doResolve(InetSocketAddress unresolved, Promise<InetSocketAddress> promise) {
            lookUp(unresolved, promise, List::getFirst);
        }

        @Override
        protected void doResolveAll(InetSocketAddress unresolved, Promise<List<InetSocketAddress>> promise) {
            lookUp(unresolved, promise, all -> all);
        }

        private <T> void lookUp(
                InetSocketAddress unresolved,
                Promise<T> promise,
                java.util.function.Function<List<InetSocketAddress>, T> choose) {
            Schedulers.boundedElastic().schedule(() -> {
                try {
                    promise.trySuccess(choose.apply(permitted(unresolved)));
                } catch (UnknownHostException | RuntimeException e) {
                    promise.tryFailure(
                            e); // whatever it was: a promise that is not kept holds the caller to its deadline
                }
            });
        }

        private List<InetSocketAddress> permitted(InetSocketAddress unresolved) throws UnknownHostException {
            var host = unresolved.getHostString();
            var permitted = new ArrayList<InetSocketAddress>();
            String refusal = "the host name does not resolve";
            for (var address : InetAddress.getAllByName(host)) {
                var refused = policy == null
                        ? java.util.Optional.<String>empty()
                        : policy.refusal(address, host, unresolved.getPort());
                if (refused.isEmpty()) {
                    permitted.add(new InetSocketAddress(address, unresolved.getPort()));
                } else {
                    refusal = "the URL " + refused.get();
                }
            }
            if (permitted.isEmpty()) {
                throw new HttpCallFailed(refusal);
            }
            return permitted;
        }
    }
}
