package dev.behalf.kernel.outbound;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Where a request may go whose URL someone else chose: https to a public address; anything on `host:port` pairs that
/// the operator listed. Link-local (cloud metadata), multicast and unspecified addresses are refused even then.
///
/// @param allow `host:port` pairs that may be loopback or private, and may be plain http; empty by default
@ConfigurationProperties("behalf.outbound")
public record OutboundPolicy(@Bindable(defaultValue = "") List<String> allow) {

    /// Allows public https only.
    public static final OutboundPolicy PUBLIC_ONLY = new OutboundPolicy(List.of());

    public OutboundPolicy {
        allow = allow.stream()
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .map(entry -> entry.toLowerCase(Locale.ROOT))
                .toList();
        for (var entry : allow) {
            if (!entry.matches("(\\[[0-9a-f:.]+]|[a-z0-9._-]+):[0-9]{1,5}")) {
                throw new IllegalArgumentException("behalf.outbound.allow takes host:port, but has " + entry);
            }
        }
    }

    /// Why the URL must not be called, or nothing when it may be. What its host name resolves to is checked by
    /// [#refusal(InetAddress, String, int)] when the connection is made, since the answer can change in between.
    public Optional<String> refusal(URI uri) {
        var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            return Optional.of("must be an https URL");
        }
        if (uri.getHost() == null || uri.getHost().isEmpty() || uri.getPort() == 0 || uri.getPort() > 65535) {
            return Optional.of("must name a host");
        }
        if (uri.getRawUserInfo() != null) {
            return Optional.of("must not hold user information");
        }
        if (uri.getRawFragment() != null) {
            return Optional.of("must not have a fragment");
        }
        var port = port(uri);
        if (scheme.equals("http") && !listed(uri.getHost(), port)) {
            return Optional.of("must be an https URL");
        }
        return literal(uri.getHost()).flatMap(address -> refusal(address, uri.getHost(), port));
    }

    /// Why the address that a host name resolved to must not be connected to, or nothing when it may be.
    public Optional<String> refusal(InetAddress address, String host, int port) {
        var real = unmapped(address);
        if (real.isLinkLocalAddress() || real.isMulticastAddress() || real.isAnyLocalAddress()) {
            return Optional.of("must not lead to a link-local, multicast or unspecified address");
        }
        if (isPublic(real) || listed(host, port)) {
            return Optional.empty();
        }
        return Optional.of("must not lead to a loopback or private address");
    }

    /// Whether the operator listed the URL's host and port.
    public boolean isListed(URI uri) {
        return uri.getHost() != null && listed(uri.getHost(), port(uri));
    }

    /// The port of the URL, or the default one of its scheme.
    static int port(URI uri) {
        if (uri.getPort() > 0) {
            return uri.getPort();
        }
        return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    private boolean listed(String host, int port) {
        return allow.contains(host.toLowerCase(Locale.ROOT) + ":" + port);
    }

    private static boolean isPublic(InetAddress address) {
        if (address.isLoopbackAddress() || address.isSiteLocalAddress()) {
            return false;
        }
        var b = address.getAddress();
        int first = b[0] & 0xff;
        int second = b[1] & 0xff;
        return switch (address) {
            // RFC 6890: this network, shared (100.64/10), IETF protocol, benchmarking (198.18/15), documentation,
            // reserved
            case Inet4Address _ ->
                first != 0
                        && !(first == 100 && (second & 0xc0) == 64)
                        && !(first == 192 && second == 0)
                        && !(first == 198 && (second & 0xfe) == 18)
                        && !(first == 198 && second == 51 && (b[2] & 0xff) == 100)
                        && !(first == 203 && second == 0 && (b[2] & 0xff) == 113)
                        && first < 224;
            // Only global unicast (2000::/3); not 2001::/23 (IETF), 2001:db8::/32 (documentation), 2002::/16 (6to4)
            case Inet6Address _ ->
                (first & 0xe0) == 0x20
                        && !(first == 0x20 && second == 0x01 && (b[2] & 0xfe) == 0)
                        && !(first == 0x20 && second == 0x01 && (b[2] & 0xff) == 0x0d && (b[3] & 0xff) == 0xb8)
                        && !(first == 0x20 && second == 0x02);
            default -> false;
        };
    }

    /// The IPv4 address inside an IPv4-mapped, IPv4-compatible or NAT64 (64:ff9b::/96) IPv6 address.
    private static InetAddress unmapped(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address;
        }
        var b = address.getAddress();
        boolean zeros = true;
        for (int i = 0; i < 10; i++) {
            zeros &= b[i] == 0;
        }
        boolean mapped = zeros && (b[10] & 0xff) == 0xff && (b[11] & 0xff) == 0xff;
        boolean compatible = zeros && b[10] == 0 && b[11] == 0 && (b[12] != 0 || b[13] != 0);
        boolean nat64 = b[0] == 0 && b[1] == 0x64 && (b[2] & 0xff) == 0xff && (b[3] & 0xff) == 0x9b;
        for (int i = 4; i < 12; i++) {
            nat64 &= b[i] == 0;
        }
        if (!mapped && !compatible && !nat64) {
            return address;
        }
        try {
            return InetAddress.getByAddress(new byte[] {b[12], b[13], b[14], b[15]});
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException(e); // four bytes are always an address
        }
    }

    /// The address when the host is one; host names are never looked up here, but those that always mean this machine
    /// (RFC 6761 §6.3) are known. Every spelling that the platform's resolver takes for an address without a lookup
    /// counts: `127.1`, `2130706433`, `[::1]`. One that resolvers read differently, such as `0177.0.0.1`, counts as
    /// this machine.
    private static Optional<InetAddress> literal(String host) {
        var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        if (bare.matches("(?i)(.*\\.)?localhost\\.?|([0-9.]*\\.)?0[0-9][0-9.]*")) {
            return Optional.of(InetAddress.getLoopbackAddress());
        }
        boolean numeric = bare.indexOf(':') >= 0
                || bare.matches("[0-9.]+")
                || bare.matches("(?i)(0x[0-9a-f]+|[0-9]+)(\\.(0x[0-9a-f]+|[0-9]+))*\\.?");
        if (!numeric) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(bare));
        } catch (IllegalArgumentException e) {
            // A number that is no address: nothing public is called so.
            return Optional.of(InetAddress.getLoopbackAddress());
        }
    }
}
