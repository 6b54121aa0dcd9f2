package dev.behalf.authz.network;

import io.micronaut.core.async.propagation.ReactorPropagation;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.context.ServerHttpRequestContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Where a request comes from, as far as limits care: an IPv4 address, or the 64 leading bits of an IPv6
/// address, of which one subscriber has all.
///
/// @param name the address, or the bits as hexadecimal digits
public record Network(String name) {

    private static final int SUBSCRIBER_BYTES = 8;

    /// The network of the client. The gateway, which alone is reached from outside, tells its address in
    /// `X-Forwarded-For` and lets no other value of that header through.
    public static Network of(HttpRequest<?> request) {
        var forwarded = request.getHeaders().getAll("X-Forwarded-For");
        return (forwarded.size() == 1 ? literal(forwarded.getFirst()) : Optional.<InetAddress>empty())
                .or(() -> Optional.ofNullable(request.getRemoteAddress().getAddress()))
                .map(Network::of)
                .orElse(new Network("unknown"));
    }

    /// The network of the request that is being answered, or nothing when there is none.
    public static Mono<Network> current() {
        return Mono.deferContextual(context ->
                Mono.justOrEmpty(ReactorPropagation.findContextElement(context, ServerHttpRequestContext.class)
                        .map(element -> of(element.httpRequest()))));
    }

    static Network of(InetAddress address) {
        return new Network(
                address instanceof Inet6Address
                        ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), SUBSCRIBER_BYTES))
                        : address.getHostAddress());
    }

    private static Optional<InetAddress> literal(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text.strip()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
