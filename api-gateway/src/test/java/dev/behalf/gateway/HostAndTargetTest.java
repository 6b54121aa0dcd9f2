package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.RecordingUpstream;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which host and which path a request is for: read once, in one way, and forwarded as it was matched.
@Timeout(60)
@TestInstance(Lifecycle.PER_CLASS)
class HostAndTargetTest {

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final RecordingUpstream below = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes:\n"
                    + TestGateway.route("open.example", upstream.url(), "access: open")
                    + TestGateway.route("open.example", below.url(), "path: /admin, access: open")
                    + TestGateway.route("\"*.wild.example\"", upstream.url(), "access: open"),
            Map.of("behalf.gateway.management-hosts", "localhost,admin.wild.example"));

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
        below.close();
    }

    @BeforeEach
    void forget() {
        upstream.clear();
        below.clear();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host: open.example\r\nHost: open.example\r\n",
                "Host: open.example\r\nHost: other.example\r\n",
                "Host: open.example\r\nhost: open.example\r\n",
                "Host:\r\n",
                "Host: open.example, other.example\r\n",
                "Host: open.example other.example\r\n",
                "Host: user@open.example\r\n",
                "Host: open.example:abc\r\n",
                "Host: open.example:\r\n",
                "Host: open.example:123456\r\n",
                "Host: open.example/\r\n",
                "Host: open.example#\r\n",
                "Host: open..example\r\n",
                "Host: .open.example\r\n",
                "Host: http://open.example\r\n",
                "Host: [::1\r\n",
                "Host: [g::1]\r\n",
                "Host: \u00f6pen.example\r\n",
            })
    void aRequestWithoutExactlyOneGoodHostIs400(String headers) {
        var reply = gateway.send("GET / HTTP/1.1\r\n" + headers + "\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.header("Connection")).contains("close");
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"open.example", "OPEN.Example", "open.example.", "open.example:8080", "open.example.:80"})
    void aHostIsTheSameInAnyCaseWithPortAndFinalDot(String host) {
        assertThat(gateway.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status())
                .isEqualTo(200);
        assertThat(upstream.take().all("Host")).containsExactly(host);
    }

    @ParameterizedTest
    @ValueSource(strings = {"other.example", "example", "xopen.example", "open.example.evil", "wild.example", "[::2]"})
    void aHostWithoutARouteIs404(String host) {
        assertThat(gateway.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status())
                .isEqualTo(404);
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://other.example/",
                "http://open.example:81/",
                "http://open.example.other.example/",
                "http://open.example@other.example/",
                "http://user@open.example/",
                "https://other.example/",
                "ftp://open.example/",
                "http:/open.example/",
                "http:///x",
                "open.example:80",
                "*",
                "path",
                "//open.example/x",
            })
    void aTargetThatIsNeitherAPathNorOfTheSameHostIs400(String target) {
        var reply = gateway.send("GET " + target + " HTTP/1.1\r\nHost: open.example\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "http://open.example/a?b=c,/a?b=c",
        "http://open.example,/",
        "http://OPEN.example/x,/x",
        "http://open.example?q,/?q",
        "https://open.example/s,/s",
    })
    void anAbsoluteTargetOfTheSameHostGoesOnAsAPath(String target, String forwarded) {
        assertThat(gateway.send("GET " + target + " HTTP/1.1\r\nHost: open.example\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(upstream.take().requestLine()).isEqualTo("GET " + forwarded + " HTTP/1.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/x//admin",
                "//",
                "/x/../admin",
                "/x/./admin",
                "/..",
                "/.",
                "/x/..",
                "/x/%2e%2e/admin",
                "/x/%2E./admin",
                "/x/.%2e/admin",
                "/%2e",
                "/x%2fadmin",
                "/x%2Fadmin",
                "/x%5cadmin",
                "/x\\admin",
                "/x%00",
                "/x%0d%0aX:y",
                "/x%1f",
                "/x%7f",
                "/x;a=b",
                "/x%3bjsessionid",
                "/..;/admin",
                "/x#y",
                "/x%",
                "/x%2",
                "/x%zz",
                "/x%u002e",
                "/x\u00e9",
                "/x\"y",
                "/x<y>",
                "/x{y}",
                "/x|y",
                "/x^y",
                "/x`y",
                "/x?a#b",
                "/x%252e%252e/admin",
                "/x%252fadmin",
                "/x%255cadmin",
                "/x%253b",
                "/x%2523",
                "/x%253fa",
                "/x%2500",
                "/%2561dmin",
                "/x%25%25",
                "/x%250d",
                "/x%25252e",
                "/x%25%32%65",
                "/x%25%32f",
                "/x%c0%ae%c0%ae/admin",
                "/x%c0%afadmin",
                "/x%c1%9cadmin",
                "/x%e0%80%afadmin",
                "/x%f0%80%80%afadmin",
            })
    void aPathThatCouldBeReadAsAnotherIs400(String path) {
        var reply = gateway.send("GET " + path + " HTTP/1.1\r\nHost: open.example\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
        assertThat(below.pending()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "/100%25,/100%25",
        "/100%25/x,/100%25/x",
        "/a%25zz,/a%25zz",
        "/a%2521,/a%2521",
        "/a%2520b,/a%2520b",
        "/a%20b,/a%20b",
        "/a%23b%3fc,/a%23b%3Fc",
        "/%61%2d%5f%7E,/a-_~",
        "/a%2bb%3d,/a%2Bb%3D",
        "/caf%c3%a9,/caf%C3%A9",
        "/a..b/...,/a..b/...",
        "/.well-known/x,/.well-known/x",
        "/a?x=%2e%2e/%2f;y//z,/a?x=%2e%2e/%2f;y//z",
        "/a?,/a?",
        "/a:b@c!$&'()*+=,/a:b@c!$&'()*+=",
    })
    void aPlainPathIsForwardedInItsOneSpelling(String path, String forwarded) {
        assertThat(gateway.send("GET " + path + " HTTP/1.1\r\nHost: open.example\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(upstream.take().requestLine()).isEqualTo("GET " + forwarded + " HTTP/1.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/admin", "/admin/", "/admin/x", "/%61dmin/x", "/adm%69n"})
    void thePathThatIsMatchedIsThePathThatIsForwarded(String path) {
        assertThat(gateway.send("GET " + path + " HTTP/1.1\r\nHost: open.example\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(below.take().requestLine()).startsWith("GET /admin");
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/administration", "/Admin", "/x/admin"})
    void aRouteEndsAtASegment(String path) {
        assertThat(gateway.send("GET " + path + " HTTP/1.1\r\nHost: open.example\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(below.pending()).isZero();
        assertThat(upstream.take().requestLine()).isEqualTo("GET " + path + " HTTP/1.1");
    }

    @Test
    void aWildcardTakesTheHostsBelowItButNoManagementHost() {
        assertThat(gateway.send("GET /x HTTP/1.1\r\nHost: a.b.wild.example\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(gateway.send("GET /x HTTP/1.1\r\nHost: admin.wild.example\r\n\r\n")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void aRouteThatNamesAManagementHostHasWhatTheManagementApisLeave() {
        try (var named = TestGateway.start(
                "routes:\n" + TestGateway.route("localhost", upstream.url(), "access: open"), Map.of())) {
            assertThat(named.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n").status())
                    .isEqualTo(200);
            assertThat(named.send("GET /api/identity-providers HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .status())
                    .isEqualTo(401);
        }
    }
}
