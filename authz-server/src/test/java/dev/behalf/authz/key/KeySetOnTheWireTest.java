package dev.behalf.authz.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.testkit.RawHttp;
import io.micronaut.http.server.netty.NettyEmbeddedServer;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The key set as asked for on a connection, by the short way and by the long one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeySetOnTheWireTest {

    private static final String PLAIN = "GET /jwks HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String METADATA = "GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String TOKEN = "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\n\r\na=b&c";

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private final int port = server.bean(EmbeddedServer.class).getPort();

    @AfterAll
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /jwks? HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /jwks HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
                "GET /jwks HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
                "GET /jwks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
            })
    void isTheSameHoweverItIsAskedFor(String other) {
        try (var connection = RawHttp.connect(port)) {
            connection.send(PLAIN);
            var plain = connection.read().orElseThrow();
            connection.send(other);
            var byTheLongWay = connection.read().orElseThrow();

            assertThat(plain.status()).isEqualTo(200).isEqualTo(byTheLongWay.status());
            assertThat(plain.body())
                    .isEqualTo(byTheLongWay.body())
                    .contains("\"kid\"")
                    .doesNotContain("\"d\"");
            assertThat(fields(plain)).containsExactlyInAnyOrderElementsOf(fields(byTheLongWay));
        }
    }

    @Test
    void keepsItsPlaceAmongRequestsThatAreSentAtOnce() {
        try (var connection = RawHttp.connect(port)) {
            connection.send(PLAIN + METADATA + PLAIN + PLAIN + TOKEN + PLAIN + METADATA + PLAIN);
            for (var expected : List.of("keys", "issuer", "keys", "keys", "error", "keys", "issuer", "keys")) {
                assertThat(connection.read().orElseThrow().body()).contains("\"" + expected + "\"");
            }
        }
    }

    @Test
    void isNotAnsweredOnTheManagementPort() {
        var others = new HashSet<>(((NettyEmbeddedServer) server.bean(EmbeddedServer.class)).getBoundPorts());
        others.remove(port);

        assertThat(others).isNotEmpty().allSatisfy(other -> {
            try (var connection = RawHttp.connect(other)) {
                connection.send(PLAIN);
                assertThat(connection.read().orElseThrow().status()).isEqualTo(404);
            }
        });
    }

    @Test
    void isAnsweredAsOftenAsItIsAsked() {
        try (var connection = RawHttp.connect(port)) {
            connection.send(PLAIN.repeat(100));
            for (int i = 0; i < 100; i++) {
                assertThat(connection.read().orElseThrow().status()).isEqualTo(200);
            }
            connection.send(METADATA);
            assertThat(connection.read().orElseThrow().body()).contains("\"issuer\"");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /jwks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                "GET /jwks HTTP/1.0\r\n\r\n",
            })
    void endsTheConnectionOfAClientThatWantsThat(String request) {
        try (var connection = RawHttp.connect(port)) {
            connection.send(request);
            assertThat(connection.read().orElseThrow().status()).isEqualTo(200);
            assertThat(connection.read()).isEmpty();
        }
    }

    @Test
    void hasNoOtherMethod() {
        assertThat(RawHttp.exchange(port, "DELETE /jwks HTTP/1.1\r\nHost: a\r\n\r\n")
                        .orElseThrow()
                        .status())
                .isEqualTo(405);
    }

    private static List<String> fields(RawHttp.Response response) {
        return response.headers().stream()
                .filter(line -> !line.regionMatches(true, 0, "date:", 0, 5)) // a second may have passed
                .filter(line -> !line.strip().equalsIgnoreCase("server:")) // it says nothing
                .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT)
                        + line.substring(line.indexOf(':')))
                .toList();
    }
}
