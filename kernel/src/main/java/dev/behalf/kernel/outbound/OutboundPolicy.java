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
/// the operator listed. Link-local, multicast and unspecified addresses, and those of cloud metadata, are refused
/// even then.
///
/// @param allow `host:port` pairs that may be loopback or private, and may be plain http; empty by default
@ConfigurationProperties("behalf.outbound")
public record OutboundPolicy(@Bindable(defaultValue = "") List<String> allow) {

    /// Allows public https only.
    public static final OutboundPolicy PUBLIC_ONLY = new OutboundPolicy(List.of());

    /// IANA's special-purpose blocks (RFC 6890) of IPv4, whether they are routed or not: no identity provider lives
    /// there.
    private static final List<AddressBlock> SPECIAL_IPV4 = AddressBlock.of(
            "0.0.0.0/8", // this network
            "10.0.0.0/8", // private
            "100.64.0.0/10", // shared by a provider's customers
            "127.0.0.0/8", // loopback
            "169.254.0.0/16", // link-local
            "172.16.0.0/12", // private
            "192.0.0.0/24", // IETF protocols
            "192.0.2.0/24", // documentation
            "192.31.196.0/24", // AS112
            "192.52.193.0/24", // multicast tunnels
            "192.88.99.0/24", // relays to 6to4, given up
            "192.168.0.0/16", // private
            "192.175.48.0/24", // AS112
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4"); // reserved, broadcast

    /// All that IPv6 has given out to the public (RFC 4291 §2.5.4) …
    private static final List<AddressBlock> GLOBAL_IPV6 = AddressBlock.of("2000::/3");

    /// … and IANA's special-purpose blocks inside it.
    private static final List<AddressBlock> SPECIAL_IPV6 = AddressBlock.of(
            "2001::/23", // IETF protocols, among them Teredo, which leads to any IPv4 address
            "2001:db8::/32", // documentation
            "2002::/16", // 6to4, which leads to any IPv4 address
            "2620:4f:8000::/48", // AS112
            "3fff::/20"); // documentation

    /// Where clouds tell a machine its credentials, other than at a link-local address: Azure, Alibaba, Oracle, AWS
    /// and Google over IPv6.
    private static final List<AddressBlock> METADATA = AddressBlock.of(
            "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128");

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
        if (uri.getHost().indexOf('%') >= 0) {
            return Optional.of("must not hold a zone"); // RFC 6874: it means something on one machine only
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
        if (real.isLinkLocalAddress()
                || real.isMulticastAddress()
                || real.isAnyLocalAddress()
                || AddressBlock.anyHolds(METADATA, real)) {
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
        return switch (address) {
            case Inet4Address _ -> !AddressBlock.anyHolds(SPECIAL_IPV4, address);
            case Inet6Address _ ->
                AddressBlock.anyHolds(GLOBAL_IPV6, address) && !AddressBlock.anyHolds(SPECIAL_IPV6, address);
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
