package dev.behalf.kernel.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundPolicyTest {

    private static final String NOT_PUBLIC = "must not lead to a loopback or private address";
    private static final String NEVER = "must not lead to a link-local, multicast or unspecified address";

    /// The first and last address of every block in IANA's two special-purpose registries, and of those that IPv6 has
    /// given up.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.1",
                "0.255.255.255", // this network
                "10.0.0.0",
                "10.255.255.255", // private
                "100.64.0.0",
                "100.127.255.255", // shared
                "127.0.0.0",
                "127.255.255.255", // loopback
                "172.16.0.0",
                "172.31.255.255", // private
                "192.0.0.0",
                "192.0.0.255", // IETF protocols
                "192.0.2.0",
                "192.0.2.255", // documentation
                "192.31.196.0",
                "192.31.196.255", // AS112
                "192.52.193.0",
                "192.52.193.255", // AMT
                "192.88.99.0",
                "192.88.99.255", // 6to4 relays
                "192.168.0.0",
                "192.168.255.255", // private
                "192.175.48.0",
                "192.175.48.255", // AS112
                "198.18.0.0",
                "198.19.255.255", // benchmarking
                "198.51.100.0",
                "198.51.100.255", // documentation
                "203.0.113.0",
                "203.0.113.255", // documentation
                "240.0.0.0",
                "255.255.255.255", // reserved, broadcast
                "::1",
                "::ffff:10.0.0.1",
                "::ffff:127.0.0.1", // mapped
                "::ffff:0:10.0.0.1", // translated
                "::10.0.0.1",
                "::127.0.0.1", // compatible
                "64:ff9b::a00:1",
                "64:ff9b::7f00:1",
                "64:ff9b::c0a8:1", // NAT64 of a private address
                "64:ff9b:1::",
                "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", // local NAT64
                "100::",
                "100::ffff:ffff:ffff:ffff",
                "100:0:0:1::", // discard, dummy
                "2001::",
                "2001::7f00:1",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", // IETF protocols, Teredo
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", // documentation
                "2002::",
                "2002:7f00:1::",
                "2002:a00:1::1",
                "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // 6to4
                "2620:4f:8000::",
                "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", // AS112
                "3fff::",
                "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", // documentation
                "4000::",
                "5f00::",
                "5f00:ffff::1", // not allocated, segment routing
                "fc00::",
                "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // unique local
                "fec0::1" // site-local
            })
    void whatIsNotPublicIsRefusedUnlessItsHostIsListed(String address) {
        var ip = InetAddress.ofLiteral(address);

        assertThat(OutboundPolicy.PUBLIC_ONLY.refusal(ip, "idp.example.com", 443))
                .contains(NOT_PUBLIC);
        assertThat(new OutboundPolicy(List.of("idp.example.com:443")).refusal(ip, "idp.example.com", 443))
                .isEmpty();
        assertThat(new OutboundPolicy(List.of("idp.example.com:443")).refusal(ip, "idp.example.com", 8443))
                .contains(NOT_PUBLIC);
        assertThat(new OutboundPolicy(List.of("idp.example.com:443")).refusal(ip, "other.example.com", 443))
                .contains(NOT_PUBLIC);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "169.254.0.0",
                "169.254.169.254",
                "169.254.255.255",
                "224.0.0.1",
                "239.255.255.255",
                "::",
                "::ffff:169.254.169.254",
                "::ffff:224.0.0.1",
                "::169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "fe80::1",
                "febf::1",
                "ff02::1",
                "ff0e::1",
                "168.63.129.16",
                "100.100.100.200",
                "192.0.0.192",
                "fd00:ec2::254",
                "fd20:ce::254"
            })
    void addressesOfCloudMetadataAndOfNobodyAreRefusedEvenForAListedHost(String address) {
        var listed = new OutboundPolicy(List.of("idp.example.com:443"));

        assertThat(listed.refusal(InetAddress.ofLiteral(address), "idp.example.com", 443))
                .contains(NEVER);
    }

    /// Just outside the blocks, on both sides, and some in daily use.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.0.0.0",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "191.255.255.255",
                "192.0.1.0",
                "192.0.1.255",
                "192.0.3.0",
                "192.0.66.2",
                "192.0.78.13",
                "192.31.195.255",
                "192.31.197.0",
                "192.88.98.255",
                "192.88.100.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "198.51.99.255",
                "198.51.101.0",
                "203.0.112.255",
                "203.0.114.0",
                "223.255.255.255",
                "::ffff:8.8.8.8",
                "64:ff9b::808:808",
                "2000::",
                "2001:200::",
                "2001:4860:4860::8888",
                "2001:db7:ffff::1",
                "2001:db9::",
                "2003::",
                "2606:4700:4700::1111",
                "2620:4f:7fff::1",
                "2620:4f:8001::",
                "2a00:1450::1",
                "3ffe:ffff::1",
                "3fff:1000::"
            })
    void publicAddressesArePermitted(String address) {
        assertThat(OutboundPolicy.PUBLIC_ONLY.refusal(InetAddress.ofLiteral(address), "idp.example.com", 443))
                .isEmpty();
    }

    /// Every way to write an address that some resolver understands.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/",
                "https://127.0.0.1./",
                "https://127.1/",
                "https://127.0.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0x7f.1/",
                "https://0x7F.0x0.0x0.0x1/",
                "https://0177.0.0.1/",
                "https://017700000001/",
                "https://127.0.0.01/",
                "https://00.0.0.0/",
                "https://0/",
                "https://0.0.0.0/",
                "https://10.1/",
                "https://0xa.1/",
                "https://10.0.0.1/",
                "https://192.168.1.1:8443/",
                "https://169.254.169.254/",
                "https://2852039166/",
                "https://0xa9fea9fe/",
                "https://0xa9.0xfe.0xa9.0xfe/",
                "https://1.2.3/",
                "https://1.2.3.4.5/",
                "https://256.1.1.1/",
                "https://999999999999/",
                "https://[::1]/",
                "https://[0:0:0:0:0:0:0:1]/",
                "https://[::]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[::127.0.0.1]/",
                "https://[64:ff9b::127.0.0.1]/",
                "https://[2002:7f00:1::]/",
                "https://[2001::1]/",
                "https://[fe80::1]/",
                "https://[fe80::1%25lo]/",
                "https://[fe80::1%lo]/",
                "https://[2606:4700::1%25lo]/",
                "https://[2606:4700::1%1]/",
                "https://[fd00:ec2::254]/",
                "https://[3fff::1]/",
                "https://localhost/",
                "https://LocalHost:8443/",
                "https://localhost./",
                "https://a.localhost/",
                "https://a.b.LOCALHOST./",
                "https:///path",
                "https:opaque",
                "https://",
                "//idp.example.com/",
                "idp.example.com",
                "/jwks",
                "https://idp.example.com:0/",
                "https://idp.example.com:65536/",
                "https://idp.example.com:99999/",
                "https://user@idp.example.com/",
                "https://user:secret@idp.example.com/",
                "https://@idp.example.com/",
                "https://idp.example.com/#fragment",
                "https://idp.example.com/#",
                "http://idp.example.com/",
                "ftp://idp.example.com/",
                "file:///etc/passwd",
                "jar:https://a.example/!/b",
                "gopher://idp.example.com/",
                "javascript:alert(1)"
            })
    void aUrlThatIsNotPlainlyPublicIsRefused(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (java.net.URISyntaxException e) {
            return; // refused by the platform already
        }
        assertThat(OutboundPolicy.PUBLIC_ONLY.refusal(uri)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://idp.example.com/jwks",
                "https://idp.example.com./jwks",
                "HTTPS://IDP.EXAMPLE.COM:8443/jwks?a=b",
                "https://1password.example/",
                "https://0x.example/",
                "https://8.8.8.8/",
                "https://[2606:4700::1111]/",
                "https://localhost.example.com/",
                "https://notlocalhost/",
                "https://0.example.com/"
            })
    void anHttpsUrlOfAPublicHostIsPermitted(String url) {
        assertThat(OutboundPolicy.PUBLIC_ONLY.refusal(URI.create(url))).isEmpty();
    }

    @Test
    void aListedHostMayBeLocalAndPlain() {
        var policy = new OutboundPolicy(List.of(" LocalHost:8080 ", "[::1]:8443", "10.0.0.7:443", ""));

        assertThat(policy.refusal(URI.create("http://localhost:8080/jwks"))).isEmpty();
        assertThat(policy.refusal(URI.create("https://[::1]:8443/jwks"))).isEmpty();
        assertThat(policy.refusal(URI.create("https://10.0.0.7/jwks"))).isEmpty();
        assertThat(policy.refusal(URI.create("http://localhost:8081/jwks"))).isPresent();
        assertThat(policy.refusal(URI.create("https://10.0.0.8/jwks"))).isPresent();
        assertThat(policy.isListed(URI.create("https://10.0.0.7/jwks"))).isTrue();
        assertThat(policy.isListed(URI.create("https://10.0.0.7:444/jwks"))).isFalse();
    }

    @Test
    void theAddressOfCloudMetadataCannotBeListed() {
        var policy = new OutboundPolicy(List.of("169.254.169.254:80"));

        assertThat(policy.refusal(URI.create("http://169.254.169.254/latest"))).contains(NEVER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"idp.example.com", "https://idp.example.com:443", "*:443", "a b:1", ":443", "host:"})
    void anEntryThatIsNoHostAndPortIsRefused(String entry) {
        assertThatThrownBy(() -> new OutboundPolicy(List.of(entry))).hasMessageContaining("behalf.outbound.allow");
    }
}
